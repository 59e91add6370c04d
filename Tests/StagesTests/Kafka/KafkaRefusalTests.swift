import CRDKafka
import Pipeline
import Synchronization
import Testing

@testable import Stages

/// What the stages make of errors that a cluster answers with, one kind of request at a time.
@Suite(.timeLimit(.minutes(2))) struct KafkaRefusalTests {
    private static let count = 200

    private static func records() -> [TestRecord] {
        (0..<count).map { TestRecord("k\($0)", "v\($0)") }
    }

    private static func settings(_ cluster: RefusingCluster, _ more: [String: SettingValue] = [:]) -> [String:
        SettingValue]
    {
        ["brokers": .text(cluster.address)].merging(more) { $1 }
    }

    private static func values(_ cluster: RefusingCluster) async throws -> [String] {
        let reading = try await read(
            try KafkaTestCluster.source("t", settings(cluster, ["until": .text("end")])))
        return reading.records.map { String(decoding: $0.value ?? [], as: UTF8.self) }
    }

    @Test(
        "an error of the cluster is no error of the record: everything is delivered, in order, and nothing is rejected",
        arguments: [
            RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
        ])
    func produceOutage(_ error: rd_kafka_resp_err_t) async throws {
        let cluster = try RefusingCluster()
        cluster.refuse(.produce, with: [error, error])
        let rejected = try await deliver(
            [Batch.of(Self.records())], with: try KafkaTestCluster.sink("t", Self.settings(cluster)))
        #expect(rejected == [0: []])
        #expect(try await Self.values(cluster) == (0..<Self.count).map { "v\($0)" })
    }

    @Test(
        "what ends a producer asks to be reopened, is no dead letter, and the sink then delivers",
        arguments: [
            RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS,
        ])
    func produceFailure(_ error: rd_kafka_resp_err_t) async throws {
        let cluster = try RefusingCluster()
        cluster.refuse(.produce, with: [error, error])
        let sink = try KafkaTestCluster.sink("t", Self.settings(cluster))
        let rejected = Mutex<[Rejection]>([])
        let acknowledged = Atomic<Int>(0)
        let context = SinkContext(
            stage: KafkaTestCluster.stage(), takesDeadLetters: false, barrier: { _ in }, failure: { _ in })
        let receipt = Receipt { rejections in
            rejected.withLock { $0 += rejections }
            acknowledged.add(1, ordering: .relaxed)
        }
        let batch = Batch.of(Self.records())
        for attempt in 1... {
            try await sink.open(context)
            do {
                try await sink.write(batch, receipt: receipt)
                try await sink.flush()
                await sink.close()
                break
            } catch let error as PipelineError {
                #expect(error.isRetriable)
                await sink.close()
                try #require(attempt < 5, "it never goes on: \(error)")
            }
        }
        #expect(acknowledged.load(ordering: .relaxed) == 1)
        #expect(rejected.withLock { $0 } == [])
        #expect(Set(try await Self.values(cluster)).count == Self.count)
    }

    @Test(
        "a source reads everything once whatever a fetch is answered with",
        arguments: [
            RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_UNKNOWN,
        ])
    func fetchOutage(_ error: rd_kafka_resp_err_t) async throws {
        let cluster = try RefusingCluster()
        try await deliver([Batch.of(Self.records())], with: try KafkaTestCluster.sink("t", Self.settings(cluster)))
        cluster.refuse(.fetch, with: [error, error])
        #expect(try await Self.values(cluster) == (0..<Self.count).map { "v\($0)" })
    }

    @Test(
        "a group member that the group has forgotten joins again and reads everything",
        arguments: [
            (RefusingCluster.Request.heartbeat, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION),
            (.heartbeat, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID),
            (.offsetCommit, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION),
            (.offsetCommit, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS),
            (.joinGroup, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
        ])
    func group(_ request: RefusingCluster.Request, _ error: rd_kafka_resp_err_t) async throws {
        let cluster = try RefusingCluster()
        try await deliver([Batch.of(Self.records())], with: try KafkaTestCluster.sink("t", Self.settings(cluster)))
        cluster.refuse(request, with: [error])
        let lines = LogLines()
        let source = try KafkaTestCluster.source(
            "t",
            Self.settings(
                cluster,
                [
                    "group": .text("g"),
                    "properties": .object([
                        "session.timeout.ms": .text("6000"), "heartbeat.interval.ms": .text("100"),
                    ]),
                ]))
        let reading = try await read(source, lines: lines, atMost: 20) { Set($0.records).count == Self.count }
        #expect(Set(reading.records).count == Self.count)
        let attempts = lines.all.filter { $0.message.contains("cannot take over partitions yet") }
        #expect(attempts.count < 20, "it asks with pauses: \(attempts.count) times")
    }

    @Test("a broker that stands still holds the end of a source up for seconds, not for as long as it stands still")
    func silentBroker() async throws {
        let cluster = try RefusingCluster()
        try await deliver([Batch.of(Self.records())], with: try KafkaTestCluster.sink("t", Self.settings(cluster)))
        let lines = LogLines()
        let source = try KafkaTestCluster.source("t", Self.settings(cluster))
        _ = try await read(source, lines: lines, closes: false) { $0.records.count == Self.count }
        cluster.delayAnswers(by: 60_000)
        let clock = KafkaTestCluster.clock
        // For longer than a second: by then it has asked how far the log goes.
        let silent = clock.now
        while clock.now - silent < .milliseconds(1_500) { _ = try await source.next(atMost: 1) }
        let ending = clock.now
        await source.close()
        #expect(clock.now - ending < .seconds(4))
        #expect(!lines.all.contains { $0.message.contains("left behind") })
    }
}
