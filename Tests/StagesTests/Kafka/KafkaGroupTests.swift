import Pipeline
import Testing

@testable import Stages

@Suite(.enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason), .timeLimit(.minutes(2)))
struct KafkaGroupTests {
    private static func filled(_ count: Int, partitions: Int32 = 1) async throws -> String {
        let topic = try KafkaTestCluster.makeTopic(partitions: partitions)
        try await deliver((0..<count).map { TestRecord("k\($0)", "v\($0)") }, to: topic)
        return topic
    }

    @Test("a group goes on after what was acknowledged, and reads again what was not")
    func goingOn() async throws {
        let topic = try await Self.filled(100)
        let settings: [String: SettingValue] = ["group": .text("group-\(topic)")]
        let first = try await read(try KafkaTestCluster.source(topic, settings), atMost: 40) { $0.records.count >= 40 }
        #expect(first.next == [0: 40])
        let unacknowledged = try await read(
            try KafkaTestCluster.source(topic, settings), atMost: 10, acknowledges: false
        ) { $0.records.count >= 10 }
        #expect(unacknowledged.first == [0: 40])
        let rest = try await read(
            try KafkaTestCluster.source(topic, settings.merging(["until": .text("end")]) { _, new in new }))
        #expect(rest.first == [0: 40])
        #expect(rest.records.count == 60)
    }

    @Test("\"latest\" is committed as a number, so that nothing written later is missed")
    func latest() async throws {
        let topic = try await Self.filled(10)
        let settings: [String: SettingValue] = ["group": .text("group-\(topic)"), "offset_reset": .text("latest")]
        let source = try KafkaTestCluster.source(topic, settings)
        let lines = LogLines()
        let idle = try await read(source, lines: lines) { _ in
            lines.all.contains { $0.message.hasPrefix("reads partitions") }
        }
        #expect(idle.records.isEmpty)
        try await deliver([TestRecord("k", "after")], to: topic)
        let later = try await read(try KafkaTestCluster.source(topic, settings)) { !$0.records.isEmpty }
        #expect(later.first == [0: 10])
        #expect(later.records.count == 1)
    }

    @Test(
        "a second member takes over partitions after what was acknowledged, also when nobody asks the first for records"
    )
    func rebalance() async throws {
        let topic = try await Self.filled(600, partitions: 2)
        let settings: [String: SettingValue] = [
            "group": .text("group-\(topic)"),
            "properties": .object(["session.timeout.ms": .text("6000"), "heartbeat.interval.ms": .text("200")]),
        ]
        let first = try KafkaTestCluster.source(topic, settings)
        let before = try await read(first, atMost: 50, closes: false) { $0.records.count >= 100 }
        // The first is not asked for records now, as under backpressure: it must answer the group all the same.
        let second = try KafkaTestCluster.source(topic, settings)
        let after = try await read(second, closes: false) { !$0.next.isEmpty }
        let taken = try #require(after.first.keys.first)
        #expect(after.first[taken] == before.next[taken] ?? 0)

        var rest = Reading()
        try await go(on: first, &rest) { $0.records.count + before.records.count + after.records.count >= 600 }
        let all = before.positions + after.positions + rest.positions
        #expect(all.count == 600)
        #expect(Set(all).count == 600, "each record once: everything was acknowledged in time")
        await first.close()
        await second.close()
    }
}

@Suite struct GroupPositionsTests {
    @Test("only what was delivered in this generation and acknowledged is committed")
    func generations() {
        var positions = GroupPositions()
        positions.assign([0: 10, 1: 20])
        let wentOut = positions.deliver([(0, 15)], generation: 1)
        #expect(wentOut)
        positions.acknowledge([0: 13, 1: 99, 2: 5])
        #expect(positions.uncommitted == [0: 13])
        #expect(!positions.isSettled)
        positions.commit([0: 13])
        #expect(positions.uncommitted.isEmpty)

        positions.unassign()
        positions.acknowledge([0: 15])
        #expect(positions.uncommitted.isEmpty, "later acknowledgements are void")

        positions.assign([0: 13])
        let isLate = positions.deliver([(0, 15)], generation: 1)
        #expect(!isLate, "a batch read under an earlier assignment does not go out")
        positions.acknowledge([0: 15])
        #expect(positions.uncommitted.isEmpty)
        let isNew = positions.deliver([(0, 14)], generation: 2)
        #expect(isNew)
        positions.acknowledge([0: 15])
        #expect(positions.uncommitted == [0: 14])
    }

    @Test("nothing is delivered while partitions are given back")
    func revoking() {
        var positions = GroupPositions()
        positions.assign([0: 0])
        positions.stopDelivering()
        let wentOut = positions.deliver([(0, 1)], generation: 1)
        #expect(!wentOut)
        #expect(positions.isSettled)
    }
}
