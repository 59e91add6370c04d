import Pipeline
import Stages
import Testing

@Suite struct SQLiteSinkTests {
    @Test("rows hold the values as they came, with the place each record had")
    func values() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        var batch = TransactionBatch.records(0..<3)
        batch.rows[1].values["location"] = "The \"Old\" Mall"
        batch.rows[2].values["location"] = ""
        try await bench.write(batch, to: sink)
        #expect(bench.acknowledgements.count == 0)
        try await sink.flush()
        #expect(bench.acknowledgements.all == [[]])
        await sink.close()
        let rows = try bench.query(
            "SELECT location, amount, kafka_topic, kafka_partition, kafka_offset FROM transactions ORDER BY 5")
        #expect(
            rows == [
                "Mall Center|0.25|atm-transactions|0|0", "The \"Old\" Mall|1.25|atm-transactions|0|1",
                "|2.25|atm-transactions|0|2",
            ])
        #expect(
            try bench.query("SELECT name, value FROM meta WHERE name <> 'created_by'") == [
                "cluster|cluster-1", "topic|atm-transactions",
            ])
        #expect(try bench.files == ["archive.db"])
    }

    @Test("every row shows the topic, and none stores it", arguments: ["atm-transactions", "o'clock's \"topic\""])
    func topic(name: String) async throws {
        let bench = try ArchiveBench()
        let sink = try bench.sink()
        let stream = StreamIdentity(cluster: "cluster-1", topic: name)
        try await sink.open(bench.context())
        // Whoever looks before the first stream finds the column already.
        #expect(try bench.query("SELECT kafka_topic FROM transactions") == [])
        try await sink.begin(stream, at: [0: 0])
        try await sink.start()
        var batch = TransactionBatch.records(0..<2)
        batch.stream = stream
        try await bench.write(batch, to: sink)
        try await sink.flush()
        await sink.close()
        #expect(try bench.query("SELECT DISTINCT kafka_topic FROM transactions") == [name])
        #expect(
            try bench.query("SELECT name FROM pragma_table_info('transactions') WHERE name LIKE 'kafka%'") == [
                "kafka_topic", "kafka_partition", "kafka_offset",
            ])
        #expect(
            try bench.query("SELECT name FROM pragma_table_info('transactions_rows') WHERE name LIKE 'kafka%'") == [
                "kafka_partition", "kafka_offset",
            ])
        // A row is found through the view as it would be in the table.
        let plan = try bench.query("EXPLAIN QUERY PLAN SELECT * FROM transactions WHERE transaction_id = 'x'")
        #expect(plan.contains { $0.contains("SEARCH transactions_rows USING PRIMARY KEY (transaction_id=?)") })
    }

    @Test("after a restart it goes on exactly where the last commit left it")
    func restart() async throws {
        let bench = try ArchiveBench()
        let first = try await bench.running()
        try await bench.write(.records(0..<10), to: first)
        try await first.flush()
        try await bench.write(.records(10..<20), to: first)
        await first.close()
        #expect(bench.acknowledgements.count == 1)
        let second = try bench.sink()
        try await second.open(bench.context())
        #expect(try await second.storedStream() == TransactionBatch.stream)
        #expect(try await second.storedPositions() == [0: 10])
        try await second.begin(TransactionBatch.stream, at: [0: 999, 1: 5])
        try await second.start()
        #expect(try await second.storedPositions() == [0: 10, 1: 5])
        try await bench.write(.records(10..<30), to: second)
        try await second.flush()
        await second.close()
        #expect(try bench.query("SELECT count(*), count(DISTINCT kafka_offset) FROM transactions") == ["30|30"])
        #expect(try bench.counts() == ["0|0|30|30|30|0|0|0|0", "1|5|5|0|0|0|0|0|0"])
    }

    @Test("what was committed and is given again is acknowledged and not stored twice")
    func redelivery() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        try await bench.write(.records(0..<10), to: sink)
        try await sink.flush()
        await sink.close()
        try await sink.open(bench.context())
        try await sink.start()
        try await bench.write(.records(0..<10), to: sink)
        try await bench.write(.records(5..<15), to: sink)
        try await sink.flush()
        #expect(bench.acknowledgements.all == [[], [], []])
        #expect(try bench.counts() == ["0|0|15|15|15|0|0|0|0"])
        #expect(sink.measurements.first { $0.name == "repeated" }?.value == .integer(15))
        await sink.close()
    }

    @Test("a transaction is committed by its number of records, without being asked to")
    func commitBySize() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running(["batch_records": .integer(20)])
        try await bench.write(.records(0..<15), to: sink)
        #expect(bench.acknowledgements.count == 0)
        #expect(try bench.query("SELECT count(*) FROM transactions") == ["0"])
        try await bench.write(.records(15..<20), to: sink)
        #expect(bench.acknowledgements.count == 2)
        #expect(try bench.query("SELECT count(*) FROM transactions") == ["20"])
        #expect(sink.measurements.first { $0.name == "transactions" }?.value == .integer(1))
        await sink.close()
    }

    @Test("the flush interval is the setting batch_interval, 200 ms unless said")
    func flushInterval() throws {
        let bench = try ArchiveBench()
        #expect(try bench.sink().flushInterval == .milliseconds(200))
        #expect(try bench.sink(["batch_interval": .duration(.seconds(2))]).flushInterval == .seconds(2))
    }

    @Test("a commit waits for the other sinks with the claims it holds, and nothing is durable before")
    func barrier() async throws {
        let bench = try ArchiveBench()
        let sink = try bench.sink()
        let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await sink.open(
            bench.context { _ in
                arrival.yield()
                for await _ in released { break }
            })
        try await sink.begin(TransactionBatch.stream, at: [0: 0, 1: 0])
        try await sink.start()
        try await bench.write(.records(0..<5), to: sink)
        try await bench.write(.records(0..<3, partition: 1), to: sink)
        try await bench.write(.records(5..<7), to: sink)
        async let flushed: Void = sink.flush()
        for await _ in arrived { break }
        #expect(bench.acknowledgements.count == 0)
        #expect(try bench.query("SELECT count(*) FROM transactions") == ["0"])
        release.yield()
        try await flushed
        #expect(bench.acknowledgements.count == 3)
        #expect(try bench.query("SELECT count(*) FROM transactions") == ["10"])
        #expect(
            bench.barriers.withLock { $0 } == [
                [Claim(partition: 0, from: 0, to: 7), Claim(partition: 1, from: 0, to: 3)]
            ])
        await sink.close()
    }

    @Test("a barrier that fails leaves nothing behind and acknowledges nothing")
    func failingBarrier() async throws {
        let bench = try ArchiveBench()
        let sink = try bench.sink()
        try await sink.open(bench.context { _ in throw CancellationError() })
        try await sink.begin(TransactionBatch.stream, at: [0: 0])
        try await sink.start()
        try await bench.write(.records(0..<5), to: sink)
        await #expect(throws: CancellationError.self) { try await sink.flush() }
        await sink.close()
        #expect(bench.acknowledgements.count == 0)
        #expect(try bench.counts() == ["0|0|0|0|0|0|0|0|0"])
        #expect(try bench.query("SELECT count(*) FROM transactions") == ["0"])
    }

    @Test("a partition that appears while a commit waits at the barrier is stored after it, before begin returns")
    func beginDuringCommit() async throws {
        let bench = try ArchiveBench()
        let sink = try bench.sink()
        let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await sink.open(
            bench.context { _ in
                arrival.yield()
                for await _ in released { break }
            })
        try await sink.begin(TransactionBatch.stream, at: [0: 0])
        try await sink.start()
        try await bench.write(.records(0..<5), to: sink)
        async let flushed: Void = sink.flush()
        for await _ in arrived { break }
        async let begun: Void = sink.begin(TransactionBatch.stream, at: [7: 70])
        release.yield()
        try await flushed
        try await begun
        #expect(try bench.query("SELECT partition, next FROM offsets") == ["0|5", "7|70"])
        await sink.close()
    }

    @Test("each opening for work raises the epoch")
    func epoch() async throws {
        let bench = try ArchiveBench()
        for expected in 1...3 {
            let sink = try await bench.running()
            #expect(try bench.query("SELECT epoch FROM offsets") == ["\(expected)"])
            await sink.close()
        }
    }

    @Test("a claim that begins past the stored position is a fault, not a jump")
    func gap() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        let error = await pipelineError { try await bench.write(.records(3..<5), to: sink) }
        #expect(error?.code == .internalFault)
        await sink.close()
    }

    @Test("a partition that nobody announced begins with its first claim")
    func unannounced() async throws {
        let bench = try ArchiveBench()
        let sink = try bench.sink()
        try await sink.open(bench.context())
        try await sink.start()
        try await bench.write(.records(40..<45, partition: 3), to: sink)
        try await sink.flush()
        await sink.close()
        #expect(try bench.counts() == ["3|40|45|5|5|0|0|0|0"])
    }

    @Test("columns, their fields, types and keys are those of the pipeline file")
    func declaredColumns() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running([
            "table": .text("payments"),
            "columns": .list([
                .object(["name": .text("id"), "field": .text("transaction_id"), "key": .boolean(true)]),
                .object(["name": .text("amount"), "type": .text("real")]),
            ]),
        ])
        #expect(
            sink.fields == [
                FieldNeed("transaction_id", type: .text, isRequired: true),
                FieldNeed("amount", type: .real, isRequired: true),
            ])
        try await bench.write(.records(0..<1), to: sink)
        try await sink.flush()
        await sink.close()
        #expect(
            try bench.query("SELECT * FROM payments") == [
                "0197a1b2-0000-7000-8000-000000000000|0.25|atm-transactions|0|0"
            ])
    }
}
