import Foundation
import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import Stages

@Suite(.enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason), .timeLimit(.minutes(2)))
struct KafkaDeadLetterTests {
    private static let content: [String: SettingValue] = ["content": .text("dead-letters")]

    /// Reads a topic of JSON records with a field `id`, archives them, and sends what is dead into another.
    private func run(from topic: String, lettersTo letters: String) async throws -> (RunReport, ArchiveBench) {
        let bench = try ArchiveBench()
        let columns = SettingValue.list([
            .object(["name": .text("id"), "type": .text("text"), "key": .boolean(true)])
        ])
        let source = try KafkaTestCluster.source(
            topic, ["until": .text("end"), "offset_reset": .text("earliest")])
        let parts = PipelineParts(
            name: "test", source: NamedStage(name: "source", type: "kafka", stage: source),
            sinks: [
                .init(NamedStage(name: "sqlite", type: "sqlite", stage: try bench.sink(["columns": columns]))),
                .init(
                    NamedStage(
                        name: "letters", type: "kafka", stage: try KafkaTestCluster.sink(letters, Self.content))),
            ], deadLetters: "letters", deadShareLimit: 1)
        return (await PipelineRun(parts, clock: SystemClock(), log: .none).run(), bench)
    }

    private func header(_ name: String, _ record: TestRecord) -> [String] {
        record.headers.filter { $0.name == "sluice.dead.\(name)" }.map {
            String(decoding: $0.value ?? [], as: UTF8.self)
        }
    }

    @Test("a letter is the record as it was, with headers that say where it stood and why")
    func letters() async throws {
        let topic = try KafkaTestCluster.makeTopic("letters")
        let letters = try KafkaTestCluster.makeTopic("letters", partitions: 3)
        let trace = [
            RecordHeaders.Header(name: "trace", value: Array("abc".utf8)), .init(name: "none", value: nil),
            .init(name: "trace", value: []),
        ]
        let records = [
            TestRecord("a", #"{"id": "1"}"#), TestRecord("b", bytes: [0xFF, 0x00, 0x7B], headers: trace),
            TestRecord("c", nil), TestRecord(nil, ""), TestRecord("a", #"{"id": 5}"#), TestRecord("a", #"{"id": "2"}"#),
            // The same again, which is a repetition and no letter.
            TestRecord("a", #"{"id": "1"}"#),
        ]
        try await deliver(records, to: topic)
        let sent = try await read(try KafkaTestCluster.source(topic, ["until": .text("end")]))
        let (report, bench) = try await run(from: topic, lettersTo: letters)
        #expect(report.outcome == .completed && report.isBalanced, "\(String(describing: report.error))")
        #expect(try bench.counts() == ["0|0|7|7|2|1|0|4|0"])
        #expect(try bench.query("SELECT count(*) FROM dead_letters") == ["0"])

        let kept = try await read(try KafkaTestCluster.source(letters, ["until": .text("end")]))
        let found = kept.records.sorted { header("offset", $0)[0] < header("offset", $1)[0] }
        #expect(found.map { header("offset", $0) } == [["1"], ["2"], ["3"], ["4"]])
        for (letter, offset) in zip(found, 1...) {
            let record = records[offset]
            #expect(letter.key == record.key && letter.value == record.value)
            #expect(Array(letter.headers.prefix(record.headers.count)) == record.headers)
            #expect(letter.headers.count == record.headers.count + 6)
            #expect(header("stage", letter) == ["sqlite"])
            #expect(header("topic", letter) == [topic])
            #expect(header("partition", letter) == ["0"])
            #expect(header("timestamp", letter) == [sent.records[offset].timestamp.rfc3339])
        }
        #expect(
            found.map { header("reason", $0)[0] } == [
                "the value is not a JSON object: it is not valid UTF-8", "the record is a tombstone: it has no value",
                "the value is not JSON: it is empty", "the field \"id\" is a whole number, expected a string",
            ])
    }

    @Test("a letter that dies again keeps where it began, and has the newest place behind it")
    func again() async throws {
        let topics = try (0..<3).map { _ in try KafkaTestCluster.makeTopic("again") }
        try await deliver([TestRecord("k", #"{"id": "1"}"#), TestRecord("k", "{")], to: topics[0])
        for index in 0..<2 {
            let (report, _) = try await run(from: topics[index], lettersTo: topics[index + 1])
            #expect(report.outcome == .completed, "\(String(describing: report.error))")
        }
        let last = try await read(try KafkaTestCluster.source(topics[2], ["until": .text("end")]))
        #expect(last.records.count == 1 && last.records.first?.value == Array("{".utf8))
        let letter = try #require(last.records.first)
        #expect(header("topic", letter) == [topics[0], topics[1]])
        #expect(header("offset", letter) == ["1", "0"])
    }

    @Test("living records are none of its business, and every batch is acknowledged once its letters are there")
    func acknowledgements() async throws {
        let topic = try KafkaTestCluster.makeTopic("letters")
        let sink = try KafkaTestCluster.sink(topic, Self.content)
        var batches = (0..<50).map { start in
            Batch.of((0..<40).map { TestRecord("k", "value \(start) \($0)") }, from: Int64(start) * 40)
        }
        for index in batches.indices {
            batches[index].reject(stage: "filter") { $0.offset % 10 == Int64(index % 10) ? "odd" : nil }
        }
        batches[7].dead = []
        let settled = Mutex(0)
        try await sink.open(
            SinkContext(
                stage: KafkaTestCluster.stage(), takesDeadLetters: true, barrier: { _ in },
                failure: { Issue.record("the sink failed: \($0)") }))
        for batch in batches {
            try await sink.write(
                batch,
                receipt: Receipt { rejected in
                    #expect(rejected.isEmpty)
                    settled.withLock { $0 += 1 }
                })
        }
        try await sink.flush()
        #expect(settled.withLock { $0 } == 50)
        await sink.close()
        #expect(sink.measurements.first { $0.name == "delivered" }?.value == .integer(49 * 4))
        let kept = try await read(try KafkaTestCluster.source(topic, ["until": .text("end")]))
        #expect(kept.records.count == 49 * 4)
        #expect(kept.records.allSatisfy { header("reason", $0) == ["odd"] && header("stage", $0) == ["filter"] })
    }

    @Test("a letter that the topic refuses ends the run and is named; nothing of it is acknowledged")
    func refused() async throws {
        let topic = try KafkaTestCluster.makeTopic("letters")
        let sink = try KafkaTestCluster.sink(topic, Self.content)
        let failure = Mutex<PipelineError?>(nil)
        let settled = Mutex(0)
        try await sink.open(
            SinkContext(
                stage: KafkaTestCluster.stage(), takesDeadLetters: true, barrier: { _ in },
                failure: { error in failure.withLock { $0 = error } }))
        var batch = Batch.of([
            TestRecord("k", "small"), TestRecord("k", bytes: [UInt8](repeating: 1, count: 2_000_000)),
        ])
        batch.reject(stage: "filter") { _ in "odd" }
        try await sink.write(batch, receipt: Receipt { _ in settled.withLock { $0 += 1 } })
        try await sink.flush()
        await sink.close()
        let error = try #require(failure.withLock { $0 })
        #expect(error.code == .badData && !error.isRetriable)
        #expect(error.what == "cannot keep the dead letter of test-0-1")
        #expect(error.reason.contains(topic) && error.reason.contains("MSG_SIZE_TOO_LARGE"))
        #expect(settled.withLock { $0 } == 0)
    }

    @Test("a place to which no letters come is refused before a broker is asked")
    func idle() async throws {
        let sink = try KafkaTestCluster.sink("nowhere", Self.content.merging(["brokers": .text("127.0.0.1:1")]) { $1 })
        let context = SinkContext(
            stage: KafkaTestCluster.stage(), takesDeadLetters: false, barrier: { _ in }, failure: { _ in })
        let error = await #expect(throws: PipelineError.self) { try await sink.open(context) }
        #expect(error?.code == .configuration)
    }
}
