import Pipeline
import Testing

@testable import Stages

@Suite(.timeLimit(.minutes(2))) struct BrokerLossTests {
    @Test("of three brokers one goes away: a source hears the others all the time", arguments: [true, false])
    func staysInContact(isMember: Bool) async throws {
        let cluster = try RefusingCluster(brokers: 3)
        var settings: [String: SettingValue] = ["brokers": .text(cluster.address)]
        if isMember { settings["group"] = .text("g") }
        let source = try KafkaTestCluster.source("t", settings)
        let clock = KafkaTestCluster.clock
        let lines = LogLines()
        try await source.open(SourceContext(stage: KafkaTestCluster.stage(lines), owners: []))
        try await source.start()
        // Partitions are asked for as soon as they are read.
        let isReading = { !isMember || lines.all.contains { $0.message.hasPrefix("reads partitions") } }
        repeat { _ = try await source.next(atMost: 100) } while !isReading()
        let settled = clock.now + .seconds(2)
        while clock.now < settled { _ = try await source.next(atMost: 100) }

        cluster.takeDown(broker: 2)
        var longest = Duration.zero
        let end = clock.now + .seconds(12)
        while clock.now < end {
            _ = try await source.next(atMost: 100)
            guard case .answered(let time) = source.contact else { continue }
            longest = max(longest, clock.now - time)
        }
        #expect(longest < .seconds(3), "/ready has no more patience than that")
        await source.close()
    }
}
