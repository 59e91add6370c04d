import Pipeline
import PipelineTesting
import Testing

@Suite struct TerminalTextTests {
    private func text(_ bytes: [UInt8], limit: Int = 100) -> (text: String, columns: Int) {
        var output: [UInt8] = []
        let columns = bytes.withUnsafeBytes { TerminalText.append($0, limit: limit, to: &output) }
        return (String(decoding: output, as: UTF8.self), columns)
    }

    @Test(
        "nothing that a terminal could take for a command gets through",
        arguments: [
            ("\u{1B}[2J", "\\u{1b}[2J"), ("a\r\nb\tc\u{0}", "a\\r\\nb\\tc\\u{0}"), ("\u{7F}", "\\u{7f}"),
            ("\u{9B}31m", "\\u{9b}31m"), ("\u{202E}x\u{2066}\u{200F}", "\\u{202e}x\\u{2066}\\u{200f}"),
            ("\u{2028}\u{2029}\u{FEFF}\u{200B}", "\\u{2028}\\u{2029}\\u{feff}\\u{200b}"),
            ("Zürich 東京 é", "Zürich 東京 é"),
        ])
    func commands(input: String, output: String) {
        #expect(text(Array(input.utf8)) == (output, output.unicodeScalars.count))
    }

    @Test("bytes that are no UTF-8 are shown one by one")
    func invalidBytes() {
        #expect(text([0x61, 0xFF, 0x9B, 0xC3, 0x62, 0xE2, 0x82]).text == "a\\xff\\x9b\\xc3b\\xe2\\x82")
    }

    @Test("no byte string of any kind leaves a control character or breaks UTF-8")
    func randomBytes() {
        var generator = SeededRandom(seed: 42)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0..<30, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let limit = Int.random(in: 1..<40, using: &generator)
            let shown = text(bytes, limit: limit)
            #expect(shown.columns == shown.text.unicodeScalars.count)
            #expect(shown.columns <= limit)
            #expect(
                shown.text.unicodeScalars.allSatisfy {
                    $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
                        && $0 != "\u{FFFD}"
                })
        }
    }

    @Test("a text that is too long ends in an ellipsis, and an escape is not cut in two")
    func cut() {
        #expect(text(Array("12345".utf8), limit: 5) == ("12345", 5))
        #expect(text(Array("123456".utf8), limit: 5) == ("1234…", 5))
        #expect(text(Array("12\u{1B}6".utf8), limit: 5) == ("12…", 3))
        #expect(text(Array("üüü".utf8), limit: 3) == ("üüü", 3))
        #expect(text(Array("üüüü".utf8), limit: 3) == ("üü…", 3))
    }
}
