@testable import Pipeline
import Testing

@Suite("the JSON reader")
struct DocumentReaderTests {
    private func read(_ text: String) -> DocumentReader.Outcome {
        DocumentReader.read(Array(text.utf8), file: "f")
    }

    private func mistakes(_ text: String) -> [String] {
        read(text).mistakes.map(\.description)
    }

    @Test("keeps the place of every value and name, in characters and not in bytes")
    func places() throws {
        let root = try #require(read("{\n  \"ä😀\": [1, \"é\", {}],\r\n\t\"b\": null\r}").root)
        let members = try #require(root.members)
        #expect(root.place == Place("f", line: 1, column: 1))
        #expect(members.map(\.namePlace) == [Place("f", line: 2, column: 3), Place("f", line: 3, column: 2)])
        #expect(members[0].value.place == Place("f", line: 2, column: 9))
        let elements = try #require(members[0].value.elements)
        #expect(elements.map(\.place.column) == [10, 13, 18])
        #expect(members[1].value.place == Place("f", line: 3, column: 7))
    }

    @Test("counts a line at \\n, at \\r\\n and at a lone \\r")
    func lineEnds() {
        #expect(mistakes("{\n\r\n\r}x") == ["f:4:2: $: text after the end: found a letter or digit; allowed: nothing"])
    }

    @Test("takes comments, trailing commas and a byte order mark")
    func tolerated() throws {
        let text = "\u{FEFF}// first\n{ /* in * / */ \"a\": [1, 2,], // last\n \"b\": {}, } /**/"
        let outcome = read(text)
        #expect(outcome.mistakes.isEmpty)
        let root = try #require(outcome.root)
        #expect(root["a"]?.elements?.count == 2)
        #expect(root.place == Place("f", line: 2, column: 1))
    }

    @Test("puts escapes in, surrogate pairs included")
    func escapes() {
        let outcome = read(#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00""#)
        #expect(outcome.mistakes.isEmpty)
        #expect(outcome.root?.text == "\"\\/\u{8}\u{c}\n\r\té😀")
    }

    @Test(
        "refuses what RFC 8259 refuses, and says where",
        arguments: [
            (#"{"a": 01}"#, "f:1:7: $.a: not a number as JSON writes it"),
            (#"{"a": +1}"#, "f:1:7: $.a: not a number as JSON writes it"),
            (#"{"a": .5}"#, "f:1:7: $.a: not a number as JSON writes it"),
            (#"{"a": 1.}"#, "f:1:7: $.a: not a number as JSON writes it"),
            (#"{"a": 1e}"#, "f:1:7: $.a: not a number as JSON writes it"),
            (#"{"a": -}"#, "f:1:7: $.a: not a number as JSON writes it"),
            (#"{"a": 5s}"#, "f:1:7: $.a: not a number as JSON writes it"),
            (#"{"a": NaN}"#, "f:1:7: $.a: a word without quotation marks"),
            (#"{"a": 'b'}"#, "f:1:7: $.a: text in single quotes"),
            (#"{"a": "\q"}"#, "f:1:8: $.a: an unknown escape"),
            (#"{"a": "\ud800"}"#, "f:1:8: $.a: a \\u escape that is no character"),
            (#"{"a": "\udc00"}"#, "f:1:8: $.a: a \\u escape that is no character"),
            (#"{"a": "\ud800\u0041"}"#, "f:1:8: $.a: a \\u escape that is no character"),
            (#"{"a": "\u12g4"}"#, "f:1:8: $.a: a \\u escape that is no character"),
            (#"{"a": "\u0000"}"#, "f:1:8: $.a: the character U+0000 in text"),
            ("{\"a\": \"\t\"}", "f:1:8: $.a: a control character in text"),
            ("{\"a\": \"b\n\"}", "f:1:9: $.a: text that is not closed"),
            (#"{"a": "b"#, "f:1:9: $.a: text that is not closed"),
            (#"{"a": 1 "b": 2}"#, "f:1:9: $: a missing comma"),
            (#"{"a": 1,, "b": 2}"#, "f:1:9: $: a comma too many"),
            (#"{"a" 1}"#, "f:1:6: $.a: unexpected character"),
            (#"{a: 1}"#, "f:1:2: $: a name without quotation marks"),
            (#"{"a": }"#, "f:1:7: $.a: no value"),
            (#"[1 2]"#, "f:1:4: $: a missing comma"),
            (#"[1"#, "f:1:3: $: a list that is not closed"),
            (#"{"a": [{"#, "f:1:9: $.a[0]: an object that is not closed"),
            (#"{} {}"#, "f:1:4: $: text after the end"),
            ("{ /* ", "f:1:3: a comment that is not closed"),
            ("", "f:1:1: $: empty document"),
            (" // nothing \n", "f:2:1: $: empty document"),
        ])
    func refuses(_ text: String, _ start: String) {
        let told = mistakes(text)
        #expect(told.count == 1, "\(told)")
        #expect(told.first?.hasPrefix(start) == true, "\(told)")
    }

    @Test("tells a duplicate member at its second place and names the first")
    func duplicates() {
        #expect(
            mistakes("{\"a\": 1,\n \"a\": 2}") == [
                "f:2:2: $.a: duplicate member: found \"a\" a second time; allowed: it once; the first is at f:1:2"
            ])
    }

    @Test("goes on after a mistake that leaves no doubt, and tells them all")
    func severalAtOnce() {
        #expect(mistakes(#"{"a": tru, 'b': 01, "c" = [1 2,,], "c": "\q"} x"#).count == 9)
    }

    @Test("bounds depth and size")
    func bounds() {
        let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
        #expect(mistakes(deep).first?.contains("nested too deep") == true)
        let allowed = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(mistakes(allowed).isEmpty)
        let large = DocumentReader.read([UInt8](repeating: 0x20, count: (1 << 20) + 1), file: "f")
        #expect(large.mistakes.map(\.description) == ["f: too large: found more; allowed: at most 1MiB"])
    }

    @Test("tells bytes that are no UTF-8 at their place, and still reads the rest")
    func invalidBytes() {
        let bytes: [UInt8] = Array("{\n \"é".utf8) + [0xFF] + Array("\": 1, \"b\": ".utf8) + [0xC3] + Array("}".utf8)
        let told = DocumentReader.read(bytes, file: "f").mistakes.map(\.description)
        #expect(told.count == 3)
        #expect(told[0].hasPrefix("f:2:4: invalid UTF-8"))
        #expect(told[1].hasPrefix("f:2:16: invalid UTF-8"))
    }

    @Test("tells once that a binary file is none")
    func binary() {
        let outcome = DocumentReader.read([UInt8](repeating: 0xFE, count: 5_000), file: "f")
        #expect(
            outcome.mistakes.map(\.description) == [
                "f:1:1: invalid UTF-8: found 5000 times bytes that are no character; allowed: text in UTF-8"
            ])
    }

    @Test("never repeats what may be a secret")
    func secrets() {
        for text in [
            #"{"password": hunter2}"#, #"{"password": 007}"#, #"{"password": 'hunter2'}"#, #"{"password": "hunter\2"}"#,
            #"{"password": "x",hunter2"}"#, #"{"password": "x"hunter2"}"#, #"{"password": "hunter2"#,
        ] {
            let told = mistakes(text).joined()
            #expect(!told.isEmpty)
            #expect(!told.contains("hunter") && !told.contains("007"), "\(told)")
        }
    }
}
