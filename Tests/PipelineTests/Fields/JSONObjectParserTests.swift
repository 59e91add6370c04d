import PipelineTesting
import Testing

@testable import Pipeline

/// The quick way through a document must come to what the general one comes to.
@Suite("JSON object parser")
struct JSONObjectParserTests {
    /// What a parser makes of one document.
    struct Row: Hashable {
        var fault: String?
        var cells: [UInt64]
        var kinds: [UInt8]
        var unescaped: [UInt8] = []
    }

    static let names = ["id", "atm", "a", "b", "amount", "a rather long name of 31 bytes..", "tëxt"]

    /// Parses a document that stands between two others.
    static func row(
        _ text: [UInt8], between front: [UInt8] = [], and back: [UInt8] = [], _ parser: borrowing JSONObjectParser,
        columns: Int, _ way: (UnsafeRawBufferPointer, Range<Int>, inout Row) -> Void
    ) -> Row {
        var row = Row(cells: Array(repeating: 0, count: columns), kinds: Array(repeating: 0, count: columns))
        FieldParserTests.batch([front, text, back]).withUnsafeBytes { bytes in
            way(bytes, front.count..<front.count + text.count, &row)
        }
        row.unescaped = parser.takeUnescaped()
        return row
    }

    /// What the quick way makes of it, or nil if it leaves it to the general one.
    static func plain(
        _ text: [UInt8], between front: [UInt8] = [], and back: [UInt8] = [], _ parser: borrowing JSONObjectParser,
        columns: Int
    ) -> Row? {
        var isPlain = false
        let row = row(text, between: front, and: back, parser, columns: columns) { bytes, range, row in
            isPlain = parser.parsePlain(bytes, range, cells: &row.cells, kinds: &row.kinds)
        }
        return isPlain ? row : nil
    }

    static func general(
        _ text: [UInt8], between front: [UInt8] = [], and back: [UInt8] = [], _ parser: borrowing JSONObjectParser,
        columns: Int
    ) -> Row {
        row(text, between: front, and: back, parser, columns: columns) { bytes, range, row in
            row.fault = parser.parseGeneral(bytes, range, cells: &row.cells, kinds: &row.kinds)
        }
    }

    static func whole(
        _ text: [UInt8], and back: [UInt8] = [], _ parser: borrowing JSONObjectParser, columns: Int
    ) -> Row {
        row(text, and: back, parser, columns: columns) { bytes, range, row in
            row.fault = parser.parse(bytes, range, cells: &row.cells, kinds: &row.kinds)
        }
    }

    @Test(
        "records as they mostly are go the quick way",
        arguments: [
            "{}", " { } \n", #"{"id":"x"}"#, #"{"id":"x","atm":"ATM-0001","a":null,"b":true,"amount":123.45}"#,
            #"{"amount": -0.5, "b": false, "a": 123456789012345678}"#, #"{"other":"x","more":12,"id":"y"}"#,
            #"{ "a" : 1 , "a" : 2 }"#, #"{"tëxt":"naïve 😀","id":"é"}"#, #"{"a":9007199254740.991}"#, #"{"":0}"#,
            #"{"a rather long name of 31 bytes..":"and a rather long value, of more bytes than a block has"}"#,
        ])
    func isQuick(_ text: String) {
        let parser = JSONObjectParser(names: Self.names)
        // Twice: the second time the keys and their order are known.
        for _ in 0..<2 {
            let row = Self.plain(Array(text.utf8), parser, columns: Self.names.count)
            #expect(row != nil)
            #expect(row == Self.general(Array(text.utf8), parser, columns: Self.names.count))
        }
    }

    @Test(
        "what is unusual is left to the general way",
        arguments: [
            #"{"a":"\n"}"#, #"{"\u0061":1}"#, #"{"a":[]}"#, #"{"a":{}}"#, #"{"a":1e3}"#, #"{"a":1.5E2}"#,
            #"{"a":1234567890123456789}"#, #"{"a":0.1234567890123456789}"#, #"{"a":90071992547409.93}"#,
            #"{"other":[1]}"#,
        ])
    func isGeneral(_ text: String) {
        let parser = JSONObjectParser(names: Self.names)
        let columns = Self.names.count
        #expect(Self.plain(Array(text.utf8), parser, columns: columns) == nil)
        let general = Self.general(Array(text.utf8), parser, columns: columns)
        #expect(general.fault == nil)
        #expect(Self.whole(Array(text.utf8), parser, columns: columns) == general)
    }

    @Test("both ways make the same of random documents, whole and damaged", arguments: [1, 2, 3, 4])
    func same(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var quick = 0
        var rejected = 0
        for _ in 0..<40 {
            // The keys a parser has learned are part of what is tested, so it serves many documents, though not all.
            let parser = JSONObjectParser(names: Self.names)
            for _ in 0..<150 {
                var text = random.next() % 4 == 0 ? RandomJSON.object(&random, depth: 0) : RandomJSON.record(&random)
                for _ in 0..<[0, 0, 1, 1, 2].randomElement(using: &random)! {
                    if !text.isEmpty { RandomJSON.damageAnyhow(&text, &random) }
                }
                // What stands behind must not complete what is cut off; the reason may depend on it.
                let back = Array(RandomJSON.record(&random).suffix(Int(random.next() % 40)))
                let general = Self.general(text, and: back, parser, columns: Self.names.count)
                let plain = Self.plain(text, and: back, parser, columns: Self.names.count)
                let label = "seed \(seed): \(String(decoding: text, as: UTF8.self))"
                if let plain { #expect(plain == general, "\(label)") }
                #expect(Self.whole(text, and: back, parser, columns: Self.names.count) == general, "\(label)")
                quick += plain == nil ? 0 : 1
                rejected += general.fault == nil ? 0 : 1
            }
        }
        // Else the test has gone blind.
        #expect(quick > 1_000 && rejected > 1_000, "\(quick) of 6,000 went the quick way, \(rejected) were rejected")
    }

    @Test("a document ends where it ends, even if the bytes behind it would complete it")
    func cutOff() {
        let text = Array(#"{"id":"x","a":12.5,"b":true,"tëxt":"é"}"#.utf8)
        let parser = JSONObjectParser(names: Self.names)
        for length in 0..<text.count {
            let cut = Array(text[..<length])
            let back = Array(text[length...])
            #expect(Self.plain(cut, and: back, parser, columns: Self.names.count) == nil)
            #expect(Self.general(cut, and: back, parser, columns: Self.names.count).fault != nil)
        }
        #expect(Self.plain(text, between: text, and: text, parser, columns: Self.names.count) != nil)
    }

    @Test("numbers with a point are the nearest doubles", arguments: [1, 2])
    func numbers(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let parser = JSONObjectParser(names: ["a"])
        var quick = 0
        for _ in 0..<5_000 {
            let whole = random.next() >> (11 + random.next() % 53)
            let fraction = String(random.next() >> (random.next() % 64)).prefix(Int(1 + random.next() % 18))
            let number = (random.next() % 2 == 0 ? "-" : "") + "\(whole).\(fraction)"
            let expected = try #require(Double(number)).bitPattern
            let text = Array(#"{"a":\#(number)}"#.utf8)
            #expect(Self.general(text, parser, columns: 1).cells == [expected], "\(number)")
            guard let plain = Self.plain(text, parser, columns: 1) else { continue }
            quick += 1
            #expect(plain.cells == [expected], "\(number)")
            #expect(plain.kinds == [FieldTable.Kind.real.rawValue], "\(number)")
        }
        #expect(quick > 1_000)
    }

    @Test("keys in any order and number are told apart, the learned ones and those that are too many to learn")
    func keys() {
        var random = SeededRandom(seed: 7)
        let parser = JSONObjectParser(names: ["key 3", "key 5"])
        for _ in 0..<500 {
            let keys = (0..<100).filter { _ in random.next() % 4 == 0 }.shuffled(using: &random)
            let text = "{" + keys.map { #""key \#($0)":\#($0)"# }.joined(separator: ",") + "}"
            let row = Self.plain(Array(text.utf8), parser, columns: 2)
            #expect(row?.cells == [keys.contains(3) ? 3 : 0, keys.contains(5) ? 5 : 0])
            #expect(row == Self.general(Array(text.utf8), parser, columns: 2))
        }
    }

    @Test(
        "a name is compared as a whole, whatever bytes it has",
        arguments: [
            "", "a", "atm_id", #"a"b"#, #"a\b"#, "é", "a\u{1}", String(repeating: "x", count: 29),
            String(repeating: "x", count: 30), String(repeating: "x", count: 200),
        ])
    func names(name: String) {
        let parser = JSONObjectParser(names: [name])
        let key = name.unicodeScalars.reduce(into: "") { key, scalar in
            key += scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : scalar == "\u{1}" ? "\\u0001" : "\(scalar)"
        }
        for _ in 0..<2 {
            #expect(Self.whole(Array("{\"\(key)\":1}".utf8), parser, columns: 1).cells == [1])
            #expect(Self.whole(Array("{\"\(key)y\":1}".utf8), parser, columns: 1).cells == [0])
            #expect(Self.whole(Array("{\"\(key.dropLast())z\":1,\"\":0}".utf8), parser, columns: 1).cells == [0])
            #expect(Self.whole(Array("{}".utf8), parser, columns: 1).cells == [0])
            // As a key, these raw bytes are another one or none.
            if key != name { #expect(Self.whole(Array("{\"\(name)\":1}".utf8), parser, columns: 1).cells == [0]) }
        }
    }
}
