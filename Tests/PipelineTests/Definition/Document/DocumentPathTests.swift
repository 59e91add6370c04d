@testable import Pipeline
import Testing

@Suite("paths and shown text")
struct DocumentPathTests {
    @Test("a path reads as JSONPath, names that are no plain words in brackets")
    func path() {
        let path = DocumentPath.root.member("sinks").element(2).member("properties").member("linger.ms")
        #expect(path.description == "$.sinks[2].properties['linger.ms']")
        #expect(DocumentPath.root.member("it's\u{1B}[2J").description == "$['it\\'s\\u001b[2J']")
        #expect(DocumentPath.root.member("").description == "$['']")
        #expect(DocumentPath.root.description == "$")
    }

    @Test("control characters and those that turn the direction never reach the terminal")
    func control() {
        #expect(QuotedText.quoted("a\"\\\n\u{1B}\u{202E}é😀") == #""a\"\\\n\u001b\u202eé😀""#)
        #expect(QuotedText.excerpt(String(repeating: "x", count: 100)).count == 60)
    }
}
