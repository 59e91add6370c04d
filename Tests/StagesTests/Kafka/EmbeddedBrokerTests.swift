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
}
