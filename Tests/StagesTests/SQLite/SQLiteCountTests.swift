import Foundation
import Pipeline
import Stages
import Testing

@Suite struct SQLiteCountTests {
    @Test("read is rows, repeated, dropped and dead; the rest of a claim are holes")
    func equation() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        // 20 positions, 16 records read, of which 5 dropped before the sink and 2 dead.
        var batch = TransactionBatch.records(0..<11)
        batch.claims = [Claim(partition: 0, from: 0, to: 20, records: 16)]
        batch.dead = [3, 4]
        try await bench.write(batch, to: sink)
        // Markers only.
        try await bench.write(
            TransactionBatch(claims: [Claim(partition: 0, from: 20, to: 25, records: 0)]), to: sink)
        try await sink.flush()
        #expect(try bench.counts() == ["0|0|25|16|9|0|5|2|9"])
        // A source that does not count has a record at every position: what did not arrive was dropped.
        var uncounted = TransactionBatch.records(25..<30)
        uncounted.claims = [Claim(partition: 0, from: 25, to: 32)]
        try await bench.write(uncounted, to: sink)
        try await sink.flush()
        await sink.close()
        #expect(try bench.counts() == ["0|0|32|23|14|0|7|2|9"])
        #expect(try bench.query("SELECT read + holes = next - first_claimed FROM offsets") == ["1"])
    }

    @Test("what retention took is counted among the holes, once")
    func lost() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        var batch = TransactionBatch.records(8..<10)
        batch.claims = [Claim(partition: 0, from: 0, to: 10, records: 2, lost: 6)]
        try await bench.write(batch, to: sink)
        try await sink.flush()
        try await bench.write(batch, to: sink)
        try await bench.write(
            TransactionBatch(claims: [Claim(partition: 0, from: 10, to: 13, records: 0, lost: 3)]), to: sink)
        try await sink.flush()
        await sink.close()
        #expect(try bench.query("SELECT next, read, holes, lost FROM offsets") == ["13|2|11|9"])
    }

    @Test("the counts do not change when batches come again, whole or cut elsewhere")
    func countsOnce() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        try await bench.write(.records(0..<10), to: sink)
        try await sink.flush()
        // Eight of sixteen records were dropped on the way; the first ten positions are known.
        var overlapping = TransactionBatch.records(8..<16)
        overlapping.claims = [Claim(partition: 0, from: 0, to: 16, records: 16)]
        try await bench.write(overlapping, to: sink)
        try await bench.write(overlapping, to: sink)
        try await sink.flush()
        await sink.close()
        #expect(try bench.counts() == ["0|0|16|16|16|0|0|0|0"])
    }

    @Test("the same key with the same values is counted as repeated, wherever it comes from")
    func repetition() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running(partitions: [0, 1])
        try await bench.write(.records(0..<10), to: sink)
        var again = TransactionBatch.records(10..<13)
        again.rows[0].values = transaction(2)
        again.rows[1].values = transaction(12)
        again.rows[2].values = transaction(12)
        try await bench.write(again, to: sink)
        try await sink.flush()
        await sink.close()
        #expect(try bench.counts()[0] == "0|0|13|13|11|2|0|0|0")
        #expect(try bench.query("SELECT count(*) FROM dead_letters") == ["0"])
        #expect(try bench.query("SELECT kafka_offset FROM transactions WHERE user_id = 'USER-10012'") == ["11"])
    }

    @Test("the same key with other values is a dead letter, and the first stays")
    func collision() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        try await bench.write(.records(0..<3), to: sink)
        var other = TransactionBatch.records(3..<5)
        other.rows[0].values = transaction(1, changing: ["amount": 7.5])
        try await bench.write(other, to: sink)
        try await sink.flush()
        await sink.close()
        #expect(bench.acknowledgements.all == [[], []])
        #expect(try bench.counts() == ["0|0|5|5|4|0|0|1|0"])
        #expect(
            try bench.query("SELECT stage, reason, topic, partition, offset, timestamp_us FROM dead_letters") == [
                "sqlite|its key belongs to a record with other values, at partition 0 offset 1|atm-transactions|0|3|1000003"
            ])
        #expect(try bench.query("SELECT json_extract(value, '$.amount') FROM dead_letters") == ["7.5"])
        #expect(try bench.query("SELECT amount FROM transactions WHERE kafka_offset = 1") == ["1.25"])
    }

    @Test("a collision is rejected at the commit where dead letters belong elsewhere")
    func rejectedCollision() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running(takesDeadLetters: false)
        try await bench.write(.records(0..<3), to: sink)
        var other = TransactionBatch.records(3..<5)
        other.rows[1].values = transaction(1, changing: ["location": "Elsewhere"])
        other.dead = [3]
        try await bench.write(other, to: sink)
        #expect(bench.acknowledgements.count == 0)
        try await sink.flush()
        await sink.close()
        #expect(
            bench.acknowledgements.all == [
                [],
                [Rejection(index: 0, reason: "its key belongs to a record with other values, at partition 0 offset 1")],
            ])
        #expect(try bench.query("SELECT count(*) FROM dead_letters") == ["0"])
        #expect(try bench.counts() == ["0|0|5|5|3|0|0|2|0"])
    }

    @Test("dead letters keep key, value and headers byte by byte, and come once")
    func deadLetters() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        var builder = BatchBuilder(stream: TransactionBatch.stream, capacity: 64)
        let headers = RecordHeaders.encode([RecordHeaders.Header(name: "a", value: nil)])
        builder.add(
            Record(
                key: builder.append([0, 255, 0]), value: builder.append([123, 0xC3, 0x28]),
                headers: builder.append(headers), timestamp: Timestamp(microseconds: 42),
                position: Position(partition: 0, offset: 0)))
        builder.add(
            Record(
                value: .absent, timestamp: Timestamp(microseconds: 43), position: Position(partition: 0, offset: 1)))
        builder.add(
            Record(
                value: builder.append([]), timestamp: Timestamp(microseconds: 44),
                position: Position(partition: 0, offset: 2)))
        var batch = builder.finish(claims: [Claim(partition: 0, from: 0, to: 3, records: 3)])
        batch.reject(stage: "parse") { _ in "is no JSON object" }
        try await sink.write(batch, receipt: bench.acknowledgements.receipt())
        try await sink.flush()
        // What another sink rejected comes alone, without a claim, and perhaps twice.
        var letter = batch
        letter.claims = []
        letter.dead = [DeadRecord(record: batch.dead[0].record, stage: "console", reason: "cannot be shown")]
        try await sink.write(letter, receipt: bench.acknowledgements.receipt())
        try await sink.write(letter, receipt: bench.acknowledgements.receipt())
        try await sink.flush()
        await sink.close()
        let header = headers.map { String(format: "%02X", $0) }.joined()
        #expect(
            try bench.query(
                "SELECT stage, reason, offset, hex(key), hex(value), hex(headers), typeof(key), typeof(value) FROM dead_letters"
            ) == [
                "parse|is no JSON object|0|00FF00|7BC328|\(header)|blob|blob",
                "parse|is no JSON object|1||||null|null", "parse|is no JSON object|2||||null|blob",
                "console|cannot be shown|0|00FF00|7BC328|\(header)|blob|blob",
            ])
        #expect(try bench.counts() == ["0|0|3|3|0|0|0|3|0"])
        #expect(bench.acknowledgements.count == 3)
    }

    @Test("the last record's offset, time and checksum are kept")
    func lastRecord() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        let batch = try TransactionBatch.records(0..<3).made()
        try await sink.write(batch, receipt: bench.acknowledgements.receipt())
        try await bench.write(TransactionBatch(claims: [Claim(partition: 0, from: 3, to: 4)]), to: sink)
        try await sink.flush()
        await sink.close()
        var checksum: UInt32 = ~0
        for byte in try #require(batch.bytes(batch.records[2].value)) {
            checksum ^= UInt32(byte)
            for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xEDB8_8320 : checksum >> 1 }
        }
        #expect(
            try bench.query("SELECT last_offset, last_timestamp_us, last_crc32 FROM offsets") == [
                "2|1000002|\(~checksum)"
            ])
    }

    @Test("rows of several partitions in any order of their keys all arrive")
    func anyOrder() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running(partitions: [0, 1])
        var generator = SystemRandomNumberGenerator()
        var batch = TransactionBatch.records(0..<200)
        let second = TransactionBatch.records(0..<200, partition: 1)
        batch.rows = (batch.rows + second.rows).shuffled(using: &generator)
        batch.claims += second.claims
        try await bench.write(batch, to: sink)
        try await sink.flush()
        await sink.close()
        #expect(
            try bench.query(
                "SELECT count(*), count(DISTINCT user_id), sum(user_id = 'USER-' || (10000 + kafka_offset + kafka_partition * 1000000)) FROM transactions"
            ) == ["400|400|400"])
    }
}
