import Foundation
import Pipeline
import PipelineTesting
import Testing

@testable import Stages

/// The shipped contract suite against every built-in stage.
@Suite("Every built-in stage keeps its contract")
struct BuiltinContractTests {
    static func make(_ kind: StageKind, _ type: String, _ values: [String: SettingValue] = [:]) throws -> AnyStage {
        let registry = try StageRegistry(BuiltinStages.definitions)
        return try #require(registry.definition(type, kind)).make(type, SettingValues(values))
    }

    static func source(_ type: String, _ values: [String: SettingValue]) throws -> any Source {
        guard case .source(let source) = try make(.source, type, values) else { throw Mismatch() }
        return source
    }

    static func transform(_ type: String, _ values: [String: SettingValue] = [:]) throws -> any Transform {
        guard case .transform(let transform) = try make(.transform, type, values) else { throw Mismatch() }
        return transform
    }

    static func sink(_ type: String, _ values: [String: SettingValue] = [:]) throws -> any Sink {
        guard case .sink(let sink) = try make(.sink, type, values) else { throw Mismatch() }
        return sink
    }

    struct Mismatch: Error {}

    /// Makes a folder for a test's files, and removes it with all that the stages left there.
    static func inFolder(_ body: (_ freshPath: @escaping @Sendable (String) -> String) async throws -> Void)
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "contract-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body { folder.appending(path: "\(UUID().uuidString)-\($0)").path }
    }

    @Test("every definition is in the suite below")
    func complete() {
        let tried = [
            "source generator", "source kafka", "source file", "transform rate-gate", "transform ttl",
            "transform filter",
            "sink kafka", "sink sqlite", "sink console", "sink file", "sink discard",
        ]
        #expect(BuiltinStages.definitions.map { "\($0.kind) \($0.type)" } == tried)
    }

    @Test("the generator keeps its contract")
    func generator() async {
        let violations = await SourceContract {
            try Self.source("generator", ["seed": .integer(1), "count": .integer(15_000)])
        }.violations()
        #expect(violations == [])
    }

    @Test("the file source keeps its contract")
    func fileSource() async throws {
        try await Self.inFolder { freshPath in
            let path = freshPath("in.jsonl")
            try (0..<3_000).map { "{\"n\":\($0)}" }.joined(separator: "\n").write(
                toFile: path, atomically: true, encoding: .utf8)
            let violations = await SourceContract(
                makeUnopenable: { try Self.source("file", ["path": .text("/nowhere/in.jsonl")]) }
            ) {
                try Self.source("file", ["path": .text(path)])
            }.violations()
            #expect(violations == [])
        }
    }

    @Test("rate-gate, ttl and filter keep their contract")
    func transforms() async {
        let gate = await TransformContract { try Self.transform("rate-gate", ["rate": .number(1_000)]) }.violations()
        #expect(gate == [])
        let unlimited = await TransformContract {
            try Self.transform("rate-gate", ["burst": .text("unlimited")])
        }.violations()
        #expect(unlimited == [])
        let timeToLive = await TransformContract { try Self.transform("ttl", ["after": .duration(.seconds(60))]) }
            .violations()
        #expect(timeToLive == [])
        let filter = await TransformContract { try Self.transform("filter") }.violations()
        #expect(filter == [])
    }

    @Test("the archive keeps its contract, as a sink and as an owner")
    func sqlite() async throws {
        try await Self.inFolder { freshPath in
            let violations = await SinkContract(
                makeUnopenable: { try Self.sink("sqlite", ["path": .text("/nowhere/a.db")]) }, takesDeadLetters: true
            ) {
                try Self.sink("sqlite", ["path": .text(freshPath("a.db"))])
            }.violations()
            #expect(violations == [])
        }
    }

    @Test("the file sink keeps its contract")
    func fileSink() async throws {
        try await Self.inFolder { freshPath in
            let violations = await SinkContract(
                makeUnopenable: { try Self.sink("file", ["path": .text("/nowhere/out.jsonl")]) },
                takesDeadLetters: true
            ) {
                try Self.sink("file", ["path": .text(freshPath("out.jsonl"))])
            }.violations()
            #expect(violations == [])
        }
    }

    @Test("console and discard keep their contract")
    func localSinks() async {
        let discard = await SinkContract(takesDeadLetters: true) { try Self.sink("discard") }.violations()
        #expect(discard == [])
        let console = await SinkContract(takesDeadLetters: true) {
            try Self.sink("console", ["format": .text("none"), "statistics": .boolean(false)])
        }.violations()
        #expect(console == [])
    }

    @Test(
        "the Kafka sink and source keep their contract", .enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason)
    )
    func kafka() async throws {
        let brokers = try #require(KafkaTestCluster.address)
        let topic = "contract-\(UUID().uuidString.prefix(8))"
        let unreachable: [String: SettingValue] = [
            "brokers": .text("127.0.0.1:1"), "topic": .text(topic), "connect_timeout": .duration(.seconds(1)),
        ]
        let sink = await SinkContract(makeUnopenable: { try Self.sink("kafka", unreachable) }) {
            try Self.sink("kafka", ["brokers": .text(brokers), "topic": .text(topic)])
        }.violations()
        #expect(sink == [])
        let letters = await SinkContract(takesDeadLetters: true) {
            try Self.sink(
                "kafka",
                ["brokers": .text(brokers), "topic": .text(topic + "-letters"), "content": .text("dead-letters")])
        }.violations()
        #expect(letters == [])
        let source = await SourceContract(makeUnopenable: { try Self.source("kafka", unreachable) }) {
            try Self.source(
                "kafka",
                [
                    "brokers": .text(brokers), "topic": .text(topic), "offset_reset": .text("earliest"),
                    "until": .text("end"),
                ])
        }.violations()
        #expect(source == [])
    }

    @Test(
        "the Kafka sink with transactions keeps its contract, as a sink and as an owner",
        .enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason))
    func transactionalKafka() async throws {
        let brokers = try #require(KafkaTestCluster.address)
        let topic = "contract-\(UUID().uuidString.prefix(8))"
        @Sendable func settings(_ brokers: String) -> [String: SettingValue] {
            [
                "brokers": .text(brokers), "topic": .text(topic), "delivery": .text("exactly-once"),
                "transactional_id": .text(UUID().uuidString), "progress_topic": .text("sluice-progress-test"),
            ]
        }
        let violations = await SinkContract(
            makeUnopenable: {
                try Self.sink(
                    "kafka", settings("127.0.0.1:1").merging(["connect_timeout": .duration(.seconds(1))]) { $1 })
            }
        ) {
            try Self.sink("kafka", settings(brokers))
        }.violations()
        #expect(violations == [])
    }
}
