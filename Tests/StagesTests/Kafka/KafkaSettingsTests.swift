import Foundation
import Pipeline
import Testing

@testable import Stages

@Suite struct KafkaSettingsTests {
    private static func problems(_ values: [String: SettingValue], _ definition: StageDefinition) -> [String] {
        let all = ["topic": SettingValue.text("t")].merging(values) { _, new in new }
        return definition.problems(SettingValues(all)).map { "\($0.setting ?? "") \($0.message)" }
    }

    @Test(
        "a property that runs commands, loads code, writes files or leaks is refused",
        arguments: [
            "plugin.library.paths", "sasl.kerberos.kinit.cmd", "sasl.kerberos.principal", "ssl.engine.location",
            "ssl.providers", "offset.store.path", "debug", "enable.idempotence", "enable.auto.commit",
        ])
    func refused(name: String) {
        for definition in [KafkaSink.definition, KafkaSource.definition] {
            let problems = Self.problems(["properties": .object([name: .text("x")])], definition)
            #expect(problems.count == 1)
            #expect(problems.first?.contains(name) == true)
        }
    }

    @Test("a slip of the keyboard is answered with the nearest name, and a setting's property with the setting")
    func nearest() {
        let slip = Self.problems(["properties": .object(["securty.protocol": .text("ssl")])], KafkaSink.definition)
        #expect(slip.first?.contains("did you mean security.protocol?") == true)
        let setting = Self.problems(["properties": .object(["group.id": .text("g")])], KafkaSource.definition)
        #expect(setting.first?.contains("the setting \"group\"") == true)
        let side = Self.problems(["properties": .object(["fetch.min.bytes": .integer(1)])], KafkaSink.definition)
        #expect(side.first?.contains("kafka source") == true)
        let value = Self.problems(["properties": .object(["socket.timeout.ms": .text("soon")])], KafkaSink.definition)
        #expect(value.first?.contains("socket.timeout.ms") == true)
    }

    @Test("a sink for dead letters alone takes nothing else, at least once")
    func deadLetters() {
        func traits(_ content: String) -> StageDefinition.Traits {
            KafkaSink.definition.traits(SettingValues(["content": .text(content)]))
        }
        #expect(traits("dead-letters").takesDeadLetters && traits("dead-letters").takesOnlyDeadLetters)
        #expect(!traits("records").takesDeadLetters && !traits("records").takesOnlyDeadLetters)
        let both = Self.problems(
            ["content": .text("dead-letters"), "delivery": .text("exactly-once")], KafkaSink.definition)
        #expect(both.contains { $0.contains("dead letters are kept at least once") })
    }

    @Test("TLS and SASL properties pass, secrets only where they are not shown")
    func secrets() {
        let passes = Self.problems(
            [
                "properties": .object([
                    "security.protocol": .text("sasl_ssl"), "sasl.mechanism": .text("SCRAM-SHA-512"),
                    "sasl.username": .text("me"), "ssl.ca.location": .text("/etc/ssl/ca.pem"),
                    "enable.ssl.certificate.verification": .boolean(true),
                ]),
                "secrets": .object(["ssl.key.password": .text("x")]),
                "secret_files": .object(["sasl.password": .text("/run/secrets/password")]),
            ], KafkaSource.definition)
        #expect(passes.isEmpty)
        let shown = Self.problems(["properties": .object(["sasl.password": .text("hunter22")])], KafkaSink.definition)
        #expect(shown.count == 1)
        #expect(shown.first?.contains("secret_files") == true)
        #expect(shown.first?.contains("hunter22") == false)
        #expect(KafkaSink.definition.settings.first { $0.name == "secrets" }?.isSecret == true)
    }

    @Test("a secret's file is read without its last line break, and a missing one is an error that names it")
    func secretFiles() throws {
        let path = NSTemporaryDirectory() + UUID().uuidString
        try Data("hunter22\n".utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        func settings(_ path: String) -> ConnectionSettings {
            ConnectionSettings(
                SettingValues(["topic": .text("t"), "secret_files": .object(["sasl.password": .text(path)])]))
        }
        let resolved = try settings(path).resolve()
        #expect(resolved.properties["sasl.password"] == "hunter22")
        #expect(resolved.secrets == ["hunter22"])
        let error = #expect(throws: PipelineError.self) { try settings(path + "-not").resolve() }
        #expect(error?.code == .configuration)
        #expect(error?.reason.contains(path) == true)
    }

    @Test("secrets are blotted out of librdkafka's log lines, and a line of a kind comes once in ten seconds")
    func log() {
        let lines = LogLines()
        let log = ClientLog(
            StageContext(name: "kafka", pipeline: "test", log: lines.log, clock: KafkaTestCluster.clock) { _ in },
            secrets: ["hunter22", ""])
        for _ in 0..<3 { log.write(.init(severity: 3, facility: "FAIL", text: "password hunter22 is wrong")) }
        #expect(lines.all.map(\.message) == ["password [hidden] is wrong"])
    }

    @Test("a group and chosen partitions exclude each other")
    func groupAndPartitions() {
        let values: [String: SettingValue] = ["group": .text("g"), "partitions": .text("all")]
        #expect(Self.problems(values, KafkaSource.definition).first?.hasPrefix("partitions cannot stand") == true)
        #expect(KafkaSource.definition.traits(SettingValues(["group": .text("g")])).isGroupMember)
        #expect(!KafkaSource.definition.traits(SettingValues([:])).isGroupMember)
    }

    @Test(
        "partitions are chosen in words",
        arguments: [
            ("all", PartitionChoice.all), ("0,2", .list([0, 2])), ("7", .list([7])), ("shard 1/3", .shard(1, of: 3)),
            ("shard 0/3", nil), ("shard 4/3", nil), ("shard 1/0", nil), ("shard", nil), ("some", nil), ("1,-2", nil),
        ] as [(String, PartitionChoice?)])
    func choices(words: String, expected: PartitionChoice?) {
        #expect(PartitionChoice(words) == expected)
    }

    @Test("every partition belongs to exactly one shard, whatever their numbers", arguments: 1...7)
    func shards(count: Int) {
        for partitions in Int32(0)...20 {
            let parts = (1...count).flatMap { PartitionChoice.shard($0, of: count).partitions(among: partitions) }
            #expect(parts.sorted() == Array(0..<partitions))
        }
    }

    @Test("a start position is the lowest stored, and tells what is gone and what is beyond")
    func starts() {
        let positions = StartPositions(
            bounds: [0: .init(low: 5, high: 50), 1: .init(low: 5, high: 50), 2: .init(low: 5, high: 50)],
            stores: [[0: 2, 1: 60], [0: 40, 1: 60]], reset: .latest, forgives: false)
        #expect(positions.starts[0] == .init(claimed: 2, fetched: 5))
        #expect(positions.gone == [0: 3])
        #expect(positions.beyond == [1: 60])
        #expect(positions.fresh == [2: 50])
        let forgiving = StartPositions(
            bounds: [1: .init(low: 5, high: 50)], stores: [[1: 60]], reset: .earliest, forgives: true)
        #expect(forgiving.starts == [1: .init(claimed: 5, fetched: 5)])
    }
}
