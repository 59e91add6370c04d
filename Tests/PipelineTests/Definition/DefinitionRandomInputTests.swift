import Pipeline
import PipelineTesting
import Testing

/// Bytes from anywhere end in a definition or in mistakes with places, never in a crash.
@Suite("random input")
struct DefinitionRandomInputTests {
    private static let right = ExampleFile.pipeline(
        source:
            #"{ "type": "kafka", "topic": "${T:-t}", "partitions": [0, 1], "properties": { "a": 1 }, "tls": {"ca": "é"} }"#,
        stages: #"{ "type": "rate-gate", "rate": 1.5e2, "burst": true }, /* c */ { "type": "ttl", "after": "1h30m" }"#,
        sinks: #"{ "type": "sqlite", "key": "k\u00e9\n" }, { "type": "console", "required": false }, // end"# + "\n")

    private func judge(_ bytes: [UInt8], set: [SettingOverride] = []) {
        do {
            _ = try PipelineFile(path: "f", contents: bytes).definition(
                registry: ExampleStages.registry, environment: ["A": "1"], overrides: set)
        } catch {
            #expect(!error.all.isEmpty)
            for mistake in error.all where mistake.place.document == "f" {
                #expect((mistake.place.line ?? 1) >= 1 && (mistake.place.column ?? 1) >= 1)
                #expect(mistake.description.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "\(mistake)")
            }
        }
    }

    @Test("of any bytes", arguments: 1...8)
    func anyBytes(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<300 {
            judge((0..<Int.random(in: 0..<200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }

    @Test("of the characters that JSON is made of", arguments: 1...8)
    func jsonLike(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "/", "*", "\n", "1", "-", ".", "e", "true", "null", "$", "${A}",
            "\"type\"", "\"source\"", "\"kafka\"", "\\u", "d83d", "'", "//", "\"version\": 1", "é", " ",
        ]
        for _ in 0..<300 {
            let text = (0..<Int.random(in: 0..<60, using: &random)).compactMap { _ in
                pieces.randomElement(using: &random)
            }
            judge(Array(text.joined().utf8))
        }
    }

    @Test("of a right file with some bytes changed, cut, doubled or moved", arguments: 1...8)
    func mutated(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let overrides = try [
            SettingOverride("source.tls.ca=x", number: 1), SettingOverride("stages.ttl.after=1s", number: 2),
        ]
        judge(Array(Self.right.utf8), set: overrides)
        for _ in 0..<200 {
            var bytes = Array(Self.right.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                let end = min(bytes.count, index + Int.random(in: 1...20, using: &random))
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(index..<end)
                case 2: bytes.insert(contentsOf: bytes[index..<end], at: index)
                case 3: bytes.removeSubrange(end...)
                default: bytes.swapAt(index, Int.random(in: bytes.indices, using: &random))
                }
                if bytes.isEmpty { bytes = [0x7B] }
            }
            judge(bytes, set: overrides)
        }
    }

    @Test("as overrides, on a right file", arguments: 1...4)
    func overrides(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let pieces = [
            "source", "stages", "sinks", ".", ".", "=", ":", "kafka", "rate-gate", "tls", "properties", "partitions",
            "ca",
            "[", "]", "{", "}", "\"", "1", "é", "name", "version", "sqlite", "key", ",", " ", "type",
        ]
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0..<12, using: &random)).compactMap { _ in
                pieces.randomElement(using: &random)
            }
            guard let override = try? SettingOverride(text.joined(), number: 1) else { continue }
            judge(Array(Self.right.utf8), set: [override])
        }
    }

    @Test("as an environment file, a duration and a size", arguments: 1...4)
    func texts(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let pieces = [
            "A", "=", "\"", "'", "\\", "#", "\n", "\r", " ", "export ", "1", ".", "h", "ms", "MiB", "0", "d",
            "\u{FEFF}",
        ]
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0..<16, using: &random)).compactMap { _ in
                pieces.randomElement(using: &random)
            }
            .joined()
            _ = try? EnvironmentFile.variables(Array(text.utf8), file: "f")
            if let duration = DurationText.duration(text) {
                #expect(DurationText.duration(DurationText.text(duration)) == duration)
            }
            if let bytes = SizeText.bytes(text) { #expect(SizeText.bytes(SizeText.text(bytes)) == bytes) }
            let bytes = (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = try? EnvironmentFile.variables(bytes, file: "f")
        }
    }

    @Test(
        "too long a file is judged in good time, whatever it repeats",
        arguments: ["[", "{\"a\":", "\"a\" ", "é", "1,", "{},", "\\", "/*"])
    func long(_ piece: String) {
        let text = String(repeating: piece, count: 200_000 / piece.utf8.count)
        judge(Array(text.utf8))
        judge(Array(#"{ "version": 1, "sinks": ["#.utf8) + Array(text.utf8))
        judge(
            Array(ExampleFile.pipeline(source: #"{ "type": "kafka", "topic": "\#(piece == "é" ? text : "t")" }"#).utf8))
    }
}
