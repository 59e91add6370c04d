import CRDKafka
import Pipeline
import Synchronization
import Testing

@testable import Stages

@Suite(.timeLimit(.minutes(2))) struct EmbeddedBrokerTests {
    private static func settings(_ broker: EmbeddedBroker, _ more: [String: SettingValue] = [:]) -> [String:
        SettingValue]
    {
        ["brokers": .text(broker.address)].merging(more) { _, new in new }
    }

    @Test("records go through the embedded broker, in a topic that was made or one that makes itself")
    func roundTrip() async throws {
        let broker = try EmbeddedBroker()
        try broker.makeTopic("made", partitions: 2)
        for (topic, partitions) in [("made", 2), ("by-itself", 4)] {
            let sink = try KafkaTestCluster.sink(topic, Self.settings(broker, ["create_topic": .boolean(true)]))
            try await deliver([Batch.of((0..<1_000).map { TestRecord("k\($0)", "v\($0)") })], with: sink)
            let source = try KafkaTestCluster.source(topic, Self.settings(broker, ["until": .text("end")]))
            let reading = try await read(source)
            #expect(Set(reading.records.map(\.value)).count == 1_000)
            #expect(reading.next.count == partitions)
        }
    }

    @Test("an outage is waited out: nothing is lost, nothing is rejected")
    func outage() async throws {
        let broker = try EmbeddedBroker()
        try broker.makeTopic("t", partitions: 1)
        let sink = try KafkaTestCluster.sink("t", Self.settings(broker))
        let settled = Atomic<Int>(0)
        let rejected = Atomic<Int>(0)
        try await sink.open(
            SinkContext(
                stage: KafkaTestCluster.stage(), takesDeadLetters: false, barrier: { _ in },
                failure: { Issue.record("the sink failed: \($0)") }))
        let receipt = Receipt { rejections in
            settled.add(1, ordering: .relaxed)
            rejected.add(rejections.count, ordering: .relaxed)
        }
        try await sink.write(Batch.of([TestRecord("k", "before")]), receipt: receipt)
        try await sink.flush()
        broker.setReachable(false)
        try await sink.write(Batch.of([TestRecord("k", "during")]), receipt: receipt)
        #expect(settled.load(ordering: .relaxed) == 1)
        broker.setReachable(true)
        try await sink.flush()
        await sink.close()
        #expect(settled.load(ordering: .relaxed) == 2)
        #expect(rejected.load(ordering: .relaxed) == 0)
        let reading = try await read(try KafkaTestCluster.source("t", Self.settings(broker, ["until": .text("end")])))
        #expect(reading.records.map { String(decoding: $0.value ?? [], as: UTF8.self) } == ["before", "during"])
    }

    @Test("a flush that waits for a broker ends when its task is cancelled")
    func cancellation() async throws {
        let broker = try EmbeddedBroker()
        try broker.makeTopic("t", partitions: 1)
        let sink = try KafkaTestCluster.sink("t", Self.settings(broker))
        try await sink.open(
            SinkContext(
                stage: KafkaTestCluster.stage(), takesDeadLetters: false, barrier: { _ in }, failure: { _ in }))
        broker.setReachable(false)
        try await sink.write(Batch.of([TestRecord("k", "v")]), receipt: Receipt { _ in Issue.record("acknowledged") })
        let flush = Task { try await sink.flush() }
        flush.cancel()
        await #expect(throws: CancellationError.self) { try await flush.value }
        await sink.close()
    }

    @Test("an idempotent producer's fatal error asks to be reopened, and the sink then delivers again")
    func fatalError() async throws {
        let configuration = ClientConfiguration()
        try configuration.set(["log_level": "2"])
        let client = try configuration.makeClient(RD_KAFKA_PRODUCER, events: 0)
        defer { rd_kafka_destroy(client) }
        let cluster = try #require(rd_kafka_mock_cluster_new(client, 1))
        defer { rd_kafka_mock_cluster_destroy(cluster) }
        rd_kafka_mock_topic_create(cluster, "t", 1, 1)
        let address = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        // The broker of a mock cluster that expects another sequence number than an idempotent producer's first.
        var errors = [RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER]
        let produceRequests: Int16 = 0
        rd_kafka_mock_push_request_errors_array(cluster, produceRequests, errors.count, &errors)

        let sink = try KafkaTestCluster.sink("t", ["brokers": .text(address)])
        let failures = Mutex<[PipelineError]>([])
        let acknowledged = Atomic<Int>(0)
        let context = SinkContext(
            stage: KafkaTestCluster.stage(), takesDeadLetters: false, barrier: { _ in },
            failure: { error in failures.withLock { $0.append(error) } })
        let batch = Batch.of([TestRecord("k", "v")])
        let receipt = Receipt { _ in acknowledged.add(1, ordering: .relaxed) }
        try await sink.open(context)
        try await sink.write(batch, receipt: receipt)
        let error = await #expect(throws: PipelineError.self) { try await sink.flush() }
        #expect(error?.isRetriable == true)
        #expect(failures.withLock { $0 } == [error])
        await #expect(throws: PipelineError.self) { try await sink.write(batch, receipt: receipt) }
        await sink.close()
        #expect(acknowledged.load(ordering: .relaxed) == 0)

        try await sink.open(context)
        try await sink.write(batch, receipt: receipt)
        try await sink.flush()
        await sink.close()
        #expect(acknowledged.load(ordering: .relaxed) == 1)
    }
}
