import Foundation
import Pipeline
import Stages
import Testing

@Suite struct ArchiveGenerationTests {
    private let other = StreamIdentity(cluster: "cluster-2", topic: "atm-transactions")

    /// An archive of ten records of partition 0 and five of partition 1, of which one is dead.
    private func archive() async throws -> ArchiveBench {
        let bench = try ArchiveBench()
        let sink = try await bench.running(partitions: [0, 1])
        var batch = TransactionBatch.records(0..<10)
        batch.dead = [3]
        try await bench.write(batch, to: sink)
        try await bench.write(.records(0..<5, partition: 1), to: sink)
        try await sink.flush()
        await sink.close()
        return bench
    }

    /// A sink on the archive that was told to begin partition 0 anew.
    private func anew(
        _ bench: ArchiveBench, _ stream: StreamIdentity = TransactionBatch.stream, at position: Int64 = 0
    ) async throws -> SQLiteSink {
        let sink = try bench.sink()
        try await sink.open(bench.context())
        try await sink.beginAnew(stream, at: [0: position])
        try await sink.start()
        return sink
    }

    private func ledgers(_ bench: ArchiveBench) throws -> [String] {
        try bench.query(
            """
            SELECT partition, generation, first_claimed, next, epoch, read, rows, repeated, dead, holes
            FROM offsets ORDER BY 1, 2
            """)
    }

    @Test("a partition that begins anew keeps its earlier counts as history, and its rows")
    func history() async throws {
        let bench = try await archive()
        let sink = try await anew(bench, at: 2)
        #expect(try await sink.storedPositions() == [0: 2, 1: 5])
        var batch = TransactionBatch.records(2..<8)
        for index in batch.rows.indices { batch.rows[index].values = transaction(500 + index) }
        batch.dead = [3]
        try await bench.write(batch, to: sink)
        try await sink.flush()
        await sink.close()
        #expect(
            try ledgers(bench) == ["0|0|0|10|2|10|9|0|1|0", "0|1|2|8|2|6|5|0|1|0", "1|0|0|5|2|5|5|0|0|0"])
        #expect(try bench.query("SELECT count(*) FROM transactions WHERE kafka_partition = 0") == ["14"])
        // The same place once more, of another record.
        #expect(
            try bench.query("SELECT partition, generation, offset FROM dead_letters ORDER BY id") == ["0|0|3", "0|1|3"])
    }

    @Test(
        "a record that comes again at its place under the new generation is a repetition, one with other values a collision"
    )
    func coincidence() async throws {
        let bench = try await archive()
        let sink = try await anew(bench)
        var batch = TransactionBatch.records(0..<10)
        // Offset 1: the key of the row at this very place, other values. 2: the record that stood at offset 7.
        // 5: a record that is not there. All others are as they were; the one at 3 was dead.
        batch.rows[1].values = transaction(1, changing: ["amount": 99.5])
        batch.rows[2].values = transaction(7)
        batch.rows[5].values = transaction(77)
        try await bench.write(batch, to: sink)
        try await bench.write(.records(10..<12), to: sink)
        try await sink.flush()
        await sink.close()
        #expect(try ledgers(bench)[1] == "0|1|0|12|2|12|4|7|1|0")
        #expect(
            try bench.query("SELECT reason FROM dead_letters WHERE generation = 1") == [
                "its key belongs to a record with other values, at partition 0 offset 1 before the topic was made anew"
            ])
        #expect(try bench.query("SELECT amount FROM transactions WHERE user_id = 'USER-10001'") == ["1.25"])
        #expect(
            try bench.query(
                "SELECT count(*) = (SELECT sum(rows) FROM offsets WHERE partition = 0) FROM transactions WHERE kafka_partition = 0"
            ) == ["1"])
    }

    @Test("a batch that is given again after a reopen is not taken for one of the earlier generation")
    func redelivery() async throws {
        let bench = try await archive()
        let sink = try await anew(bench)
        var batch = TransactionBatch.records(0..<10)
        for index in batch.rows.indices { batch.rows[index].values = transaction(500 + index) }
        try await bench.write(batch, to: sink)
        try await sink.flush()
        await sink.close()
        try await sink.open(bench.context())
        try await sink.start()
        try await bench.write(batch, to: sink)
        try await sink.flush()
        await sink.close()
        #expect(try ledgers(bench)[1] == "0|1|0|10|3|10|10|0|0|0")
    }

    @Test("another cluster under the same name is the archive's from then on, and the former one is kept")
    func otherCluster() async throws {
        let bench = try await archive()
        for cluster in ["cluster-2", "cluster-3"] {
            let sink = try await anew(bench, StreamIdentity(cluster: cluster, topic: "atm-transactions"))
            #expect(try await sink.storedStream()?.cluster == cluster)
            await sink.close()
        }
        #expect(
            try bench.query("SELECT name, value FROM meta WHERE name LIKE '%cluster%'") == [
                "cluster|cluster-3", "former_cluster_1|cluster-1", "former_cluster_2|cluster-2",
            ])
        #expect(try bench.query("SELECT generation FROM offsets WHERE partition = 0") == ["0", "1", "2"])
    }

    @Test("another topic does not begin anew in an archive")
    func otherTopic() async throws {
        let bench = try await archive()
        let error = await pipelineError {
            _ = try await anew(bench, StreamIdentity(cluster: "cluster-1", topic: "other"))
        }
        #expect(error?.code == .configuration)
        #expect(try ledgers(bench).count == 2)
    }

    @Test("whoever wrote before the partition began anew is fenced")
    func fence() async throws {
        let bench = try await archive()
        let stale = try await bench.running(partitions: [0, 1])
        try FileManager.default.removeItem(atPath: bench.path + ".lock")
        let sink = try await anew(bench)
        let error = await pipelineError { try await bench.write(.records(10..<12), to: stale) }
        #expect(error?.code == .fenced)
        await stale.close()
        await sink.close()
        #expect(try ledgers(bench) == ["0|0|0|10|3|10|9|0|1|0", "0|1|0|0|3|0|0|0|0|0", "1|0|0|5|3|5|5|0|0|0"])
    }
}
