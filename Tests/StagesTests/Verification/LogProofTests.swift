import Foundation
import Pipeline
import Testing

@testable import Stages

@Suite(.enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason), .timeLimit(.minutes(2)))
struct LogProofTests {
    private static let columns = SettingValue.list(
        [("id", "text", true), ("n", "real", false), ("count", "integer", false), ("good", "boolean", false)].map {
            .object(["name": .text($0), "type": .text($1), "key": .boolean($2)])
        })

    private func record(_ number: Int, _ more: String = "") -> TestRecord {
        // Escapes, numbers in several forms and a member that nobody asked for.
        let amount = ["1", "-0.0", "2.5e3", "12345678901234567890"][number % 4]
        return TestRecord(
            "k\(number % 5)",
            #"{"other": [1], "n": \#(amount), "id": "r\u00e9\#(number)", "count": \#(number), "good": \#(number % 2 == 0)\#(more)}"#
        )
    }

    /// A topic of three partitions with good records, some to be dropped, one that comes twice, one collision, and bad
    /// ones with headers; archived by kafka, filter and sqlite.
    private func archive(
        _ topic: String, columns: SettingValue = Self.columns, keepsLetters: Bool = true
    ) async throws -> ArchiveBench {
        let bench = try ArchiveBench()
        let source = try KafkaTestCluster.source(
            topic, ["until": .text("end"), "offset_reset": .text("earliest")])
        let condition = SettingValue.object(["drop_me": .object(["any_of": .list([.text("yes")])])])
        guard
            case .transform(let filter) = try FilterTransform.definition.make(
                "filter", SettingValues(["drop": condition, "missing": .text("keep")]))
        else { throw KafkaTestCluster.Unexpected() }
        var sinks = [
            PipelineParts.SinkPart(
                NamedStage(name: "sqlite", type: "sqlite", stage: try bench.sink(["columns": columns])))
        ]
        if !keepsLetters {
            let folder = bench.folder.appendingPathComponent("letters").path
            let values = SettingValues(["path": .text(folder)])
            guard case .sink(let file) = try FileSink.definition.make("file", values) else {
                throw KafkaTestCluster.Unexpected()
            }
            sinks.append(.init(NamedStage(name: "file", type: "file", stage: file)))
        }
        let parts = PipelineParts(
            name: "test", source: NamedStage(name: "kafka", type: "kafka", stage: source),
            transforms: [NamedStage(name: "filter", type: "filter", stage: filter)], sinks: sinks,
            deadLetters: keepsLetters ? "sqlite" : "file", deadShareLimit: 1)
        let report = await PipelineRun(parts, clock: SystemClock(), log: .none).run()
        #expect(report.outcome == .completed, "\(report)")
        return bench
    }

    private func filledTopic() async throws -> String {
        let topic = try KafkaTestCluster.makeTopic(partitions: 3)
        var records = (0..<2_000).map { record($0) }
        for number in stride(from: 0, to: 2_000, by: 100) {
            records[number] = record(number, #", "drop_me": "yes""#)
        }
        records[5] = record(10)
        records[10] = record(10)
        records[11].value = Array(#"{"id": "ré12", "n": 1, "count": 99, "good": true}"#.utf8)
        records[11].key = records[12].key
        records.swapAt(11, 12)
        records[700] = TestRecord(
            "k0", bytes: Array("{".utf8), headers: [.init(name: "trace", value: [1]), .init(name: "none", value: nil)])
        records[1_999] = TestRecord("k4", nil)
        try await deliver(records, to: topic)
        return topic
    }

    private func proof(_ bench: ArchiveBench) throws -> ProofReport {
        let access = try LogAccess(
            brokers: KafkaTestCluster.brokers, clock: KafkaTestCluster.clock, log: .none)
        let report = try ArchiveVerification(archives: [bench.path], log: access).report()
        #expect(report.proofs.map(\.kind) == [.internal, .kafka])
        return report.proofs[1]
    }

    private func figures(_ proof: ProofReport) -> [String: Int] {
        Dictionary(
            uniqueKeysWithValues: proof.facts.map {
                if case .integer(let value) = $0.value { ($0.name, Int(value)) } else { ($0.name, -1) }
            })
    }

    @Test("an archive with all that can become of a record is what the log says", arguments: [true, false])
    func good(keepsLetters: Bool) async throws {
        let bench = try await archive(try await filledTopic(), keepsLetters: keepsLetters)
        let sums = try bench.query("SELECT sum(rows), sum(repeated), sum(dropped), sum(dead) FROM offsets")
        #expect(sums == ["1977|1|19|3"])
        let proof = try proof(bench)
        #expect(proof.isProven, "\(proof.findings)")
        #expect(
            figures(proof) == [
                "records": 2_000, "same": keepsLetters ? 1_980 : 1_977, "not_stored": keepsLetters ? 20 : 23,
                "differing": 0, "not_compared": 0,
            ])
        #expect(proof.notes.isEmpty, "\(proof.notes)")
    }

    @Test("every difference between archive and log is found")
    func damage() async throws {
        let bench = try await archive(try await filledTopic())
        let damages: [(String, String, String)] = [
            ("UPDATE transactions_rows SET n = n + 1", "id = 'ré17'", "not the record's: n"),
            (
                "UPDATE transactions_rows SET count = -1, good = 1 - good", "id = 'ré18'",
                "not the record's: count, good"
            ),
            ("UPDATE transactions_rows SET id = 'x'", "id = 'ré19'", "not the record's: id"),
            ("DELETE FROM transactions_rows", "id = 'ré20'", "records of the log are not stored, offsets accounts for"),
            (
                "UPDATE dead_letters SET headers = NULL", "headers IS NOT NULL",
                "the dead letter is not the record as it was"
            ),
            ("UPDATE dead_letters SET value = x''", "value IS NULL", "the dead letter is not the record as it was"),
            ("UPDATE dead_letters SET timestamp_us = 0", "id = 1", "the dead letter is not the record as it was"),
            (
                "UPDATE offsets SET last_crc32 = 1, last_timestamp_us = 2", "partition = 0",
                "last_crc32 of offsets is that of other bytes"
            ),
        ]
        let good = try Data(contentsOf: URL(filePath: bench.path))
        for (statement, row, difference) in damages {
            _ = try bench.query("\(statement) WHERE \(row)")
            let proof = try proof(bench)
            #expect(!proof.isProven, "\(statement)")
            #expect(proof.findings.contains { $0.difference.contains(difference) }, "\(statement): \(proof.findings)")
            for name in try bench.files where name.hasPrefix("archive.db-") {
                try FileManager.default.removeItem(at: bench.folder.appendingPathComponent(name))
            }
            try good.write(to: URL(filePath: bench.path))
        }
        #expect(try proof(bench).isProven)
    }

    @Test("rows that were exchanged by all of their values are found")
    func exchanged() async throws {
        let bench = try await archive(try await filledTopic())
        let position = try bench.query("SELECT kafka_partition, kafka_offset FROM transactions_rows WHERE id = 'ré17'")[
            0
        ]
        .split(separator: "|")
        let other = try bench.query(
            "SELECT max(kafka_offset) FROM transactions_rows WHERE kafka_partition = \(position[0])")[0]
        _ = try bench.query(
            "UPDATE transactions_rows SET kafka_offset = \(position[1]) + \(other) - kafka_offset "
                + "WHERE kafka_partition = \(position[0]) AND kafka_offset IN (\(position[1]), \(other))")
        #expect(try ArchiveVerification(archives: [bench.path]).report().isProven)
        #expect(try proof(bench).differences == 2)
    }

    @Test("what retention has deleted is said, and the rest is proven")
    func retention() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        try await deliver((0..<100).map { record($0) }, to: topic)
        let bench = try await archive(topic)
        try KafkaTestCluster.deleteRecords(topic, before: 40)
        let proof = try proof(bench)
        #expect(proof.isProven, "\(proof.findings)")
        #expect(figures(proof)["records"] == 60 && figures(proof)["not_compared"] == 40)
        #expect(
            proof.notes == [
                "partition 0: the log begins at offset 40, so that 40 rows and dead letters before it cannot be compared"
            ])
        _ = try bench.query("UPDATE transactions_rows SET n = n + 1 WHERE kafka_offset IN (39, 40)")
        #expect(try self.proof(bench).findings.map(\.place) == ["partition 0 offset 40"])
        try KafkaTestCluster.deleteRecords(topic, before: 100)
        let nothing = try self.proof(bench)
        #expect(nothing.isProven && figures(nothing)["records"] == 0)
    }

    @Test("aborted records and markers are holes of both")
    func transactions() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        let values = (0..<6).map { String(decoding: record($0).value ?? [], as: UTF8.self) }
        try KafkaTestCluster.writeTransactions(
            topic,
            [(Array(values[0..<2]), true), ([values[2]], false), ([values[3]], true), (Array(values[4...]), false)])
        let bench = try await archive(topic)
        #expect(try bench.counts() == ["0|0|10|3|3|0|0|0|7"])
        let proof = try proof(bench)
        #expect(proof.isProven && figures(proof)["records"] == 3, "\(proof.findings)")
        // A row in the place of an aborted record.
        _ = try bench.query("UPDATE transactions_rows SET kafka_offset = 3 WHERE kafka_offset = 1")
        let moved = try self.proof(bench)
        #expect(
            moved.findings.contains(Finding(place: "partition 0 offset 3", difference: "the log has no record there")))
    }

    @Test("a topic that was made anew has a log of its own, which ends too early or says otherwise")
    func anotherTopic() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        try await deliver((0..<50).map { record($0) }, to: topic)
        let bench = try await archive(topic)
        let shorter = try KafkaTestCluster.makeTopic()
        try await deliver((0..<20).map { record($0 + 1) }, to: shorter)
        _ = try bench.query("UPDATE meta SET value = '\(shorter)' WHERE name = 'topic'")
        let proof = try proof(bench)
        #expect(
            proof.findings.contains(
                Finding(place: "partition 0", difference: "the log ends at offset 20, the archive has read to 50")))
        #expect(figures(proof)["differing"] == 20)
        _ = try bench.query("UPDATE meta SET value = 'never-made' WHERE name = 'topic'")
        #expect(try self.proof(bench).findings.map(\.difference) == ["the topic has no such partition"])
        _ = try bench.query("UPDATE meta SET value = 'elsewhere' WHERE name = 'cluster'")
        let error = #expect(throws: PipelineError.self) { try self.proof(bench) }
        #expect(error?.code == .usage)
    }

    @Test("a column of another name than its field is said not to be compared")
    func renamed() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        try await deliver((0..<20).map { record($0) }, to: topic)
        let columns = SettingValue.list([
            .object(["name": .text("amount"), "field": .text("n"), "type": .text("real")]),
            .object(["name": .text("id"), "type": .text("text")]),
        ])
        let bench = try await archive(topic, columns: columns)
        let proof = try proof(bench)
        #expect(proof.isProven, "\(proof.findings)")
        #expect(proof.notes == ["not compared, since records have no field of that name: amount"])
    }

    @Test("an archive of several generations, and one that no Kafka filled, are refused with a reason")
    func refusals() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        try await sink.beginAnew(TransactionBatch.stream, at: [0: 0])
        await sink.close()
        let error = #expect(throws: PipelineError.self) { try proof(bench) }
        #expect(error?.reason.contains("made anew") == true)
        _ = try bench.query("UPDATE meta SET value = 'generator' WHERE name = 'cluster'")
        #expect(throws: PipelineError.self) { try proof(bench) }
    }

    @Test("properties that may not be set are refused before anything is opened")
    func properties() throws {
        for properties in [["plugin.library.paths": "x"], ["bootstrap.servers": "x"], ["compression.level": "1"]] {
            let error = #expect(throws: PipelineError.self) {
                try LogAccess(
                    brokers: "x", properties: properties, clock: KafkaTestCluster.clock, log: .none)
            }
            #expect(error?.code == .usage)
        }
        let access = try LogAccess(
            brokers: "x", properties: ["sasl.password": "p", "sasl.username": "u"], clock: KafkaTestCluster.clock,
            log: .none)
        #expect(access.secrets == ["p"])
    }
}
