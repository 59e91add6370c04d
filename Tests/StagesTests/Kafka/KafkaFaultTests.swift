import CRDKafka
import Pipeline
import Synchronization
import Testing

@testable import Stages

@Suite(.timeLimit(.minutes(2))) struct KafkaUnreachableTests {
    // Port 1 is privileged and nothing of ours listens there.
    private static let nowhere: [String: SettingValue] = [
        "brokers": .text("127.0.0.1:1"), "connect_timeout": .duration(.milliseconds(2_500)),
    ]

    @Test(
        "a broker that is not there is told of within two seconds and given up after connect_timeout",
        arguments: [true, false])
    func unreachable(isSource: Bool) async throws {
        let lines = LogLines()
        let firstWarning = Mutex<Duration?>(nil)
        let clock = KafkaTestCluster.clock
        let begun = clock.now
        let log = Log { entry in
            lines.log.warning(entry.message)
            if entry.level == .warning { firstWarning.withLock { $0 = $0 ?? clock.now } }
        }
        let stage = StageContext(name: "kafka", pipeline: "test", log: log, clock: clock) { _ in }
        let error = await #expect(throws: PipelineError.self) {
            if isSource {
                let source = try KafkaTestCluster.source("t", Self.nowhere)
                try await source.open(SourceContext(stage: stage, owners: []))
            } else {
                let sink = try KafkaTestCluster.sink("t", Self.nowhere)
                try await sink.open(
                    SinkContext(stage: stage, takesDeadLetters: false, barrier: { _ in }, failure: { _ in }))
            }
        }
        #expect(error?.code == .unavailable)
        #expect(error?.description.contains("127.0.0.1:1") == true)
        #expect(error?.reason.contains("refused") == true)
        #expect(error?.remedy?.contains("connect_timeout") == true)
        let warned = try #require(firstWarning.withLock { $0 })
        #expect(warned - begun < .seconds(2))
        #expect(clock.now - begun < .seconds(5))
    }

    @Test("waiting for a broker ends when the task is cancelled")
    func cancelled() async throws {
        let open = Task {
            let source = try KafkaTestCluster.source(
                "t", Self.nowhere.merging(["connect_timeout": .duration(.seconds(60))]) { _, new in new })
            try await source.open(SourceContext(stage: KafkaTestCluster.stage(), owners: []))
        }
        open.cancel()
        await #expect(throws: CancellationError.self) { try await open.value }
    }
}

@Suite(.enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason), .timeLimit(.minutes(2)))
struct KafkaRejectionTests {
    @Test("a record too large for the topic is rejected, its neighbours are delivered")
    func tooLarge() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        var records = (0..<50).map { TestRecord("k\($0)", "v\($0)") }
        records[20] = TestRecord("k", bytes: [UInt8](repeating: 65, count: 3_000_000))
        let rejected = try await deliver([Batch.of(records)], with: try KafkaTestCluster.sink(topic))
        #expect(rejected[0]?.map(\.index) == [20])
        #expect(rejected[0]?.first?.reason.contains("too large") == true)
        let reading = try await read(try KafkaTestCluster.source(topic, ["until": .text("end")]))
        #expect(reading.records.count == 49)
    }

    @Test("a time the broker refuses rejects that record alone, though the broker refuses its neighbours with it")
    func badTime() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        let now = KafkaTestCluster.clock.wallTime
        let future = Timestamp(milliseconds: now.milliseconds + 7 * 86_400_000)
        let records = (0..<30).map { TestRecord("k\($0)", bytes: [UInt8($0)], timestamp: $0 == 11 ? future : now) }
        let more = (30..<60).map { TestRecord("k\($0)", bytes: [UInt8($0)], timestamp: now) }
        let sink = try KafkaTestCluster.sink(topic, ["timestamp": .text("record")])
        let rejected = try await deliver([Batch.of(records), Batch.of(more, from: 30)], with: sink)
        #expect(rejected[0]?.map(\.index) == [11])
        #expect(rejected[1] == [])
        let reading = try await read(try KafkaTestCluster.source(topic, ["until": .text("end")]))
        #expect(reading.records.compactMap { $0.value?.first }.sorted() == (0..<60).filter { $0 != 11 })
    }

    @Test("an empty batch is acknowledged at once")
    func empty() async throws {
        let batch = Batch(
            stream: StreamIdentity(cluster: "t", topic: "t"), claims: [Claim(partition: 0, from: 3, to: 9)])
        let rejected = try await deliver([batch], with: try KafkaTestCluster.sink(try KafkaTestCluster.makeTopic()))
        #expect(rejected == [0: []])
    }

    @Test("create_topic makes the topic as it says")
    func creation() async throws {
        let topic = KafkaTestCluster.uniqueName("created")
        let creation: SettingValue = .object(["partitions": .integer(5), "retention": .duration(.seconds(3_600))])
        try await deliver(
            [Batch.of([TestRecord("k", "v")])], with: try KafkaTestCluster.sink(topic, ["create_topic": creation]))
        let client = try KafkaTestCluster.client(RD_KAFKA_PRODUCER)
        defer { client.destroy() }
        #expect(try client.topicState(topic, timeout: .seconds(5)) == .partitions(5))
        #expect(try client.topicSetting("retention.ms", of: topic) == "3600000")
    }
}
