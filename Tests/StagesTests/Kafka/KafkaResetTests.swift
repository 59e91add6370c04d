import CRDKafka
import Pipeline
import Testing

@testable import Stages

/// A topic that is not the one whose positions are stored, noticed before anything is read on.
@Suite(.enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason), .timeLimit(.minutes(2)))
struct KafkaResetTests {
    private static let restart: [String: SettingValue] = ["on_reset": .text("restart")]

    private func records(_ name: String, _ count: Int) -> [TestRecord] {
        (0..<count).map { TestRecord("k\($0)", #"{"id":"\#(name)-\#($0)"}"#) }
    }

    /// An archive of twenty records of a topic.
    private func archived(partitions: Int32 = 1) async throws -> (bench: ArchiveBench, topic: String) {
        let bench = try ArchiveBench()
        let topic = try KafkaTestCluster.makeTopic(partitions: partitions)
        try await deliver(records("first", 20), to: topic)
        #expect(try await archiveToEnd(topic, bench).error == nil)
        return (bench, topic)
    }

    private func ledgers(_ bench: ArchiveBench) throws -> [String] {
        try bench.query(
            """
            SELECT partition, generation, first_claimed, next, read, rows, repeated, dead, holes FROM offsets
            ORDER BY 1, 2
            """)
    }

    @Test("a topic made anew while the archive was down ends the run, naming on_reset, and nothing is changed")
    func fails() async throws {
        let (bench, topic) = try await archived()
        try KafkaTestCluster.makeAnew(topic)
        try await deliver(records("second", 30), to: topic)
        let error = try #require(try await archiveToEnd(topic, bench).error)
        #expect(error.code == .inputOutput)
        #expect(error.isRetriable == false)
        #expect(error.place == "\(topic)-0-19")
        #expect(error.reason.hasPrefix("the record there is not the one that was stored: it has another time"))
        #expect(error.remedy?.contains("on_reset") == true)
        #expect(try ledgers(bench) == ["0|0|0|20|20|20|0|0|0"])
        #expect(try bench.query("SELECT count(*) FROM transactions") == ["20"])
    }

    @Test("told to restart, the archive takes the new topic from its beginning, beside what it has, and goes on")
    func restarts() async throws {
        let (bench, topic) = try await archived()
        try KafkaTestCluster.makeAnew(topic)
        // Five that were in the old topic too, at the same places; one with its key and another place.
        try await deliver(
            Array(records("first", 5)) + records("second", 30) + [TestRecord("k", #"{"id":"first-11"}"#)], to: topic)
        let anew = try await archiveToEnd(topic, bench, Self.restart)
        #expect(anew.error == nil)
        #expect(
            anew.lines.contains { line in
                line.level == .warning && line.message.contains("beginning anew")
                    && line.details.contains(.init("place", "\(topic)-0-19"))
            })
        #expect(try ledgers(bench) == ["0|0|0|20|20|20|0|0|0", "0|1|0|36|36|30|6|0|0"])
        try await deliver(records("third", 10), to: topic)
        // The mark is that of the new generation now.
        #expect(try await archiveToEnd(topic, bench).error == nil)
        #expect(try ledgers(bench) == ["0|0|0|20|20|20|0|0|0", "0|1|0|46|46|40|6|0|0"])
        #expect(try bench.query("SELECT count(*), count(DISTINCT id) FROM transactions") == ["60|60"])
    }

    @Test("a topic that ends before the stored position is noticed without a look at its records")
    func beyond() async throws {
        let (bench, topic) = try await archived(partitions: 2)
        try KafkaTestCluster.makeAnew(topic, partitions: 2)
        let error = try #require(try await archiveToEnd(topic, bench).error)
        #expect(error.reason.hasPrefix("the partition ends at 0, before what is stored of it (and 1 more)"))
        #expect(error.remedy?.contains("on_reset") == true)
        #expect(try await archiveToEnd(topic, bench, Self.restart).error == nil)
        try await deliver(records("second", 7), to: topic)
        #expect(try await archiveToEnd(topic, bench).error == nil)
        #expect(
            try bench.query(
                "SELECT generation, sum(rows), sum(read + holes - next + first_claimed) FROM offsets GROUP BY 1")
                == ["0|20|0", "1|7|0"])
    }

    @Test("records that retention has taken are no reset, though the last stored one is among them")
    func retention() async throws {
        let (bench, topic) = try await archived()
        try await deliver(records("second", 20), to: topic)
        try KafkaTestCluster.deleteRecords(topic, before: 30)
        let run = try await archiveToEnd(topic, bench)
        #expect(run.error == nil)
        #expect(try ledgers(bench) == ["0|0|0|40|30|30|0|0|10"])
        #expect(try bench.query("SELECT lost FROM offsets") == ["10"])
        #expect(run.lines.filter { $0.message.contains("deleted by retention") }.count == 1)
    }

    @Test("a stored record that is not there any more is a reset, except in a compacted topic")
    func missing() async throws {
        let (bench, topic) = try await archived()
        try KafkaTestCluster.makeAnew(topic)
        // The marker of the first transaction lies at 19, where the last stored record was.
        let values = records("second", 25).map { String(decoding: $0.value ?? [], as: UTF8.self) }
        try KafkaTestCluster.writeTransactions(topic, [(Array(values[..<19]), true), (Array(values[19...]), true)])
        let error = try #require(try await archiveToEnd(topic, bench).error)
        #expect(error.place == "\(topic)-0-19")
        #expect(error.reason.hasPrefix("the record that was stored is not there"))
        try KafkaTestCluster.set("cleanup.policy", to: "compact", of: topic)
        #expect(try await archiveToEnd(topic, bench).error == nil)
        #expect(try ledgers(bench) == ["0|0|0|27|26|26|0|0|1"])
    }

    @Test("the same topic of another cluster is noticed, and begun anew where told so")
    func otherCluster() async throws {
        let (bench, topic) = try await archived()
        let cluster = try bench.query("SELECT value FROM meta WHERE name = 'cluster'")
        _ = try bench.query("UPDATE meta SET value = 'elsewhere' WHERE name = 'cluster'")
        let error = try #require(try await archiveToEnd(topic, bench).error)
        #expect(error.place == topic)
        #expect(error.reason.hasPrefix("what is stored comes from the cluster elsewhere"))
        #expect(try await archiveToEnd(topic, bench, Self.restart).error == nil)
        #expect(try ledgers(bench) == ["0|0|0|20|20|20|0|0|0", "0|1|0|20|20|0|20|0|0"])
        #expect(
            try bench.query("SELECT name, value FROM meta WHERE name LIKE '%cluster%' ORDER BY 1 DESC")
                == ["former_cluster_1|elsewhere"] + cluster.map { "cluster|\($0)" })
    }

    @Test("a topic that was away when the archive began is looked at when it appears")
    func appears() async throws {
        let mark = RecordMark(offset: 4, timestamp: Timestamp(milliseconds: 1), checksum: 0)
        for (policy, anew) in [("fail", []), ("restart", [[0: 0]])] as [(String, [[Int32: Int64]])] {
            let topic = KafkaTestCluster.uniqueName("reset")
            let source = try KafkaTestCluster.source(topic, ["on_reset": .text(policy)])
            let probe = try KafkaTestCluster.client(RD_KAFKA_PRODUCER)
            let cluster = try #require(probe.clusterID(timeout: .seconds(5)))
            probe.destroy()
            let owner = OwnerInMemory(
                [0: 5], marks: [0: mark], stream: StreamIdentity(cluster: cluster, topic: topic))
            try await source.open(SourceContext(stage: KafkaTestCluster.stage(), owners: [owner]))
            try await source.start()
            try await deliver(records("new", 10), to: topic)
            var reading = Reading()
            let error = await pipelineError { try await go(on: source, &reading) { $0.records.count == 10 } }
            await source.close()
            // Whether it is seen before its records or with them.
            #expect(["\(topic)-0-5", "\(topic)-0-4"].contains(error?.place) == (policy == "fail"))
            #expect(await owner.anew == anew)
        }
    }
}
