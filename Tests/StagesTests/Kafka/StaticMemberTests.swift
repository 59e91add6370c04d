import CRDKafka
import Pipeline
import Testing

@testable import Stages

@Suite(.enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason), .timeLimit(.minutes(2)))
struct StaticMemberTests {
    private static func member(of topic: String) throws -> any Source {
        try KafkaTestCluster.source(
            topic,
            [
                "group": .text("group-\(topic)"),
                "properties": .object([
                    "group.instance.id": .text("pod-1"), "session.timeout.ms": .text("6000"),
                    "heartbeat.interval.ms": .text("200"),
                ]),
            ])
    }

    @Test("a member that librdkafka takes for fenced off joins anew, and reads on")
    func joinsAnew() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        try await deliver((0..<100).map { TestRecord("k\($0)", "v\($0)") }, to: topic)
        let lines = LogLines()
        let source = try Self.member(of: topic)
        let before = try await read(source, lines: lines, closes: false) { $0.records.count >= 100 }
        // Another joins under its name and goes: what the broker says to the first is what librdkafka makes of a session that
        // ran out while the coordinator was away.
        let other = try KafkaTestCluster.client(
            RD_KAFKA_CONSUMER,
            ["group.id": "group-\(topic)", "group.instance.id": "pod-1", "session.timeout.ms": "6000"])
        try other.subscribe(topic)
        var after = Reading()
        try await go(on: source, &after) { _ in
            other.serve(.zero, isQuiet: true)
            return lines.all.contains { $0.message.hasPrefix("the group's member has ended") }
        }
        other.destroy()
        try await deliver((100..<150).map { TestRecord("k\($0)", "v\($0)") }, to: topic)
        try await go(on: source, &after) { $0.next[0] == 150 }
        await source.close()
        #expect(before.records.count == 100)
        #expect(after.positions.map(\.offset).filter { $0 >= 100 } == Array(100..<150))
    }

    @Test("of two members of one name one ends, and does not fence off the other for ever")
    func rivals() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        let error = try await withThrowingTaskGroup(of: PipelineError?.self) { tasks in
            for _ in 0..<2 {
                tasks.addTask {
                    let source = try Self.member(of: topic)
                    try await source.open(SourceContext(stage: KafkaTestCluster.stage(), owners: []))
                    try await source.start()
                    let error = await pipelineError {
                        while !Task.isCancelled { _ = try await source.next(atMost: 100) }
                    }
                    await source.close()
                    return error
                }
            }
            let first = try await tasks.next() ?? nil
            tasks.cancelAll()
            return first
        }
        #expect(error?.code == .fenced)
        #expect(error?.remedy?.contains("group.instance.id") == true)
    }
}
