import CRDKafka
import Pipeline
import PipelineTesting
import Testing

@testable import Stages

/// The group that is told how far an archive is.
@Suite(.timeLimit(.minutes(2))) struct LagGroupTests {
    private static func records(_ count: Int) -> [TestRecord] {
        (0..<count).map { TestRecord("k\($0)", #"{"id":"\#($0)"}"#) }
    }

    /// What a broker has of a group, asked as its members would.
    private func committed(_ group: String, _ topic: String, at address: String) throws -> [Int32: Int64] {
        let client = try KafkaTestCluster.client(
            RD_KAFKA_CONSUMER, ["bootstrap.servers": address, "group.id": group])
        defer { client.destroy() }
        return try client.committed(topic, [0], timeout: .seconds(20))
    }

    @Test(
        "the end of a run tells the group of the archive's position, and nothing reads it back",
        .enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason))
    func told() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        let bench = try ArchiveBench()
        try await deliver(Self.records(20), to: topic)
        let settings: [String: SettingValue] = ["lag_group": .text("\(topic).PIPELINE.lag")]
        let group = "\(topic).test.lag"
        #expect(try await archiveToEnd(topic, bench, settings).error == nil)
        #expect(try committed(group, topic, at: KafkaTestCluster.brokers) == [0: 20])
        // Somebody sets it back.
        let other = LagCommitter(try lagGroup(group, topic, at: KafkaTestCluster.brokers, [0: 3]), context())
        other.finish()
        #expect(try committed(group, topic, at: KafkaTestCluster.brokers) == [0: 3])
        try await deliver(Self.records(25), to: topic)
        #expect(try await archiveToEnd(topic, bench, settings).error == nil)
        #expect(try bench.query("SELECT next, read, rows, repeated FROM offsets") == ["45|45|25|20"])
        #expect(try committed(group, topic, at: KafkaTestCluster.brokers) == [0: 45])
    }

    @Test(
        "the group is named after the pipeline, and an empty name is none",
        .enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason))
    func names() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        try await deliver(Self.records(5), to: topic)
        #expect(try await archiveToEnd(topic, try ArchiveBench(), ["lag_group": .text("")]).error == nil)
        #expect(try committed("sluice.test", topic, at: KafkaTestCluster.brokers) == [:])
        #expect(try await archiveToEnd(topic, try ArchiveBench()).error == nil)
        #expect(try committed("sluice.test", topic, at: KafkaTestCluster.brokers) == [0: 5])
    }

    @Test("a group of one's own beside \"group\" is a mistake")
    func besideGroup() {
        func problems(_ lagGroup: String) -> [String] {
            KafkaSourceSettings.problems(
                SettingValues(["topic": .text("t"), "group": .text("g"), "lag_group": .text(lagGroup)])
            ).compactMap(\.setting)
        }
        #expect(problems("mine") == ["lag_group"])
        #expect(problems("") == [])
    }

    @Test("while it runs the group hears of it once a second")
    func everySecond() async throws {
        let cluster = try RefusingCluster()
        let clock = ManualClock()
        let group = try lagGroup("g", "t", at: cluster.address, [0: 7])
        let committer = LagCommitter(group, context(clock: clock))
        committer.tick()
        clock.advance(by: .milliseconds(999))
        committer.tick()
        #expect(try committed("g", "t", at: cluster.address) == [:])
        clock.advance(by: .milliseconds(1))
        while try committed("g", "t", at: cluster.address) != [0: 7] { committer.tick() }
        group.advance(to: [0: 9])
        committer.finish()
        #expect(try committed("g", "t", at: cluster.address) == [0: 9])
    }

    @Test("a broker that does not answer holds the end up for a second and no longer")
    func silentBroker() async throws {
        let cluster = try RefusingCluster()
        let group = try lagGroup("g", "t", at: cluster.address, [0: 7])
        let clock = SystemClock()
        for isConnected in [true, false] {
            let committer = LagCommitter(group, context())
            if isConnected {
                // The first request is answered, the second is under way when the end comes.
                let begun = clock.now
                while try clock.now - begun < .seconds(1) || committed("g", "t", at: cluster.address) != [0: 7] {
                    committer.tick()
                }
                group.advance(to: [0: 8])
            }
            cluster.delayAnswers(by: 60_000)
            let begun = clock.now
            committer.finish()
            #expect(clock.now - begun > .milliseconds(900))
            #expect(clock.now - begun < .milliseconds(2_000))
        }
    }

    @Test("what the broker forbids is said once and not asked again; another refusal is said once and tried again")
    func refused() async throws {
        for (error, count) in [
            (RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 0), (RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1),
        ] {
            let cluster = try RefusingCluster()
            cluster.refuse(.offsetCommit, with: [error, error])
            let lines = LogLines()
            let clock = ManualClock()
            let group = try lagGroup("g", "t", at: cluster.address, [0: 7])
            let committer = LagCommitter(group, context(lines, clock: clock))
            while lines.all.isEmpty {
                clock.advance(by: .seconds(1))
                committer.tick()
            }
            // One more refusal is left, or nothing is asked any more.
            for _ in 0..<200 {
                clock.advance(by: .milliseconds(10))
                committer.tick()
            }
            committer.finish()
            #expect(lines.all.map(\.level) == [.warning])
            #expect(lines.all.first?.details.first?.value == "g")
            #expect(try committed("g", "t", at: cluster.address).count <= count)
        }
    }

    private func lagGroup(
        _ name: String, _ topic: String, at address: String, _ positions: [Int32: Int64]
    ) throws -> LagGroup {
        let group = try #require(
            LagGroup(
                name, topic: topic, properties: [["bootstrap.servers": address]],
                log: ClientLog(KafkaTestCluster.stage(), secrets: [])))
        group.advance(to: positions)
        return group
    }

    private func context(
        _ lines: LogLines = LogLines(), clock: any PipelineClock = SystemClock()
    ) -> StageContext {
        KafkaTestCluster.stage(lines, clock: clock)
    }
}
