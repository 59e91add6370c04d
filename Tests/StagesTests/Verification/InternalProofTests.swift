import Foundation
import Pipeline
import Stages
import Testing

@Suite struct InternalProofTests {
    /// An archive with everything in it: partition 0 has rows, dropped records, a dead letter, markers; partition 1 begins
    /// at 100, has a repetition, and ends with a dead letter.
    private func archive() async throws -> ArchiveBench {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        try await sink.begin(TransactionBatch.stream, at: [1: 100])
        var first = TransactionBatch.records(0..<11)
        first.claims = [Claim(partition: 0, from: 0, to: 20, records: 16)]
        first.dead = [3]
        try await bench.write(first, to: sink)
        try await bench.write(
            TransactionBatch(claims: [Claim(partition: 0, from: 20, to: 25, records: 0)]), to: sink)
        var second = TransactionBatch.records(100..<130, partition: 1)
        second.rows[7].values = transaction(2)
        second.dead = [129]
        try await bench.write(second, to: sink)
        try await sink.flush()
        await sink.close()
        return bench
    }

    private func proof(_ bench: ArchiveBench) throws -> ProofReport {
        let report = try ArchiveVerification(archives: [bench.path]).report()
        return try #require(report.proofs.first)
    }

    @Test("a good archive is proven, and its holes are named")
    func good() async throws {
        let bench = try await archive()
        #expect(
            try bench.counts() == ["0|0|25|16|10|0|5|1|9", "1|100|130|30|28|1|0|1|0"])
        let proof = try proof(bench)
        #expect(proof.isProven, "\(proof.findings)")
        #expect(proof.kind == .internal)
        #expect(proof.archives == [bench.path])
        #expect(proof.summary == "38 rows, 2 dead letters and 9 holes in 2 partitions")
        #expect(proof.facts.first { $0.name == "holes" }?.value == .integer(9))
        #expect(proof.notes == ["partition 0 has 9 holes: no record to read was there"])
    }

    private static let others =
        "atm_id, region_id, amount, status_code, user_id, card_number, transaction_type, "
        + "location, currency, timestamp"

    @Test(
        "every damage is found",
        arguments: [
            ("DELETE FROM transactions_rows WHERE kafka_offset = 5", "offsets says 10 rows, the table holds 9"),
            (
                "INSERT INTO transactions_rows SELECT 'x', \(others), kafka_partition, kafka_offset "
                    + "FROM transactions_rows WHERE kafka_offset = 5", "offset 5 is in 2 rows"
            ),
            ("UPDATE transactions_rows SET kafka_offset = 6 WHERE kafka_offset = 5", "offset 6 is in 2 rows"),
            (
                "UPDATE transactions_rows SET kafka_offset = 25 WHERE kafka_offset = 5",
                "a row lies at offset 25, outside what was claimed"
            ),
            (
                "UPDATE transactions_rows SET kafka_offset = -1 WHERE kafka_offset = 5",
                "a row lies at offset -1, outside what was claimed"
            ),
            (
                "UPDATE transactions_rows SET kafka_offset = 24 WHERE kafka_offset = 5",
                "a record lies at offset 24, behind last_offset of offsets"
            ),
            (
                "UPDATE transactions_rows SET kafka_partition = 7 WHERE kafka_offset = 5",
                "a row lies at offset 5, and offsets has no such partition"
            ),
            (
                "UPDATE offsets SET rows = rows + 1, dropped = dropped - 1 WHERE partition = 0",
                "offsets says 11 rows, the table holds 10"
            ),
            (
                "UPDATE offsets SET holes = holes - 1 WHERE partition = 0",
                "next - first_claimed is 25, read + holes is 24"
            ),
            (
                "UPDATE offsets SET next = next + 1 WHERE partition = 1",
                "next - first_claimed is 31, read + holes is 30"
            ),
            ("UPDATE offsets SET first_claimed = 200 WHERE partition = 1", "next lies before first_claimed"),
            (
                "UPDATE offsets SET first_claimed = -9223372036854775807, next = 9223372036854775807, "
                    + "rows = 9223372036854775807 - repeated - dropped - dead, read = 9223372036854775807 WHERE partition = 1",
                "first_claimed is below 0"
            ),
            (
                "UPDATE offsets SET dropped = -1, repeated = repeated + 6 WHERE partition = 0", "dropped is below 0"
            ),
            (
                "UPDATE offsets SET last_offset = NULL WHERE partition = 0",
                "there are records, and last_offset is not set"
            ),
            ("UPDATE offsets SET last_offset = 25 WHERE partition = 0", "last_offset lies outside what was claimed"),
            (
                "UPDATE offsets SET last_crc32 = last_crc32 + 1 WHERE partition = 1",
                "last_crc32 of offsets is that of other bytes"
            ),
            (
                "UPDATE offsets SET last_timestamp_us = 5 WHERE partition = 1",
                "last_timestamp_us of offsets is another one"
            ),
            (
                "UPDATE dead_letters SET value = x'7b7d' WHERE partition = 1",
                "last_crc32 of offsets is that of other bytes"
            ),
            ("UPDATE dead_letters SET \"offset\" = 99 WHERE partition = 1", "it lies outside what was claimed"),
            ("UPDATE dead_letters SET generation = 1 WHERE partition = 1", "it lies outside what was claimed"),
            ("UPDATE dead_letters SET partition = 7 WHERE partition = 1", "offsets has no such partition"),
            ("UPDATE dead_letters SET topic = 'another' WHERE partition = 1", "its topic is not the archive's"),
            (
                "INSERT INTO dead_letters SELECT 77, stage, reason, topic, partition, generation, 15, timestamp_us, key, value, "
                    + "headers FROM dead_letters WHERE partition = 0",
                "dead letters lie at 2 positions without a row, offsets knows of 1"
            ),
            ("DELETE FROM offsets WHERE partition = 1", "and offsets has no such partition"),
            ("DROP TABLE meta", "there is no table meta"),
            (
                "DROP TABLE transactions_rows",
                "0 tables have rows with a kafka_partition and a kafka_offset, expected one"
            ),
            ("ALTER TABLE offsets DROP COLUMN last_crc32", "the table offsets has no column last_crc32"),
        ])
    func damage(statement: String, difference: String) async throws {
        let bench = try await archive()
        _ = try bench.query(statement)
        let proof = try proof(bench)
        #expect(!proof.isProven)
        #expect(proof.findings.contains { $0.difference.contains(difference) }, "\(proof.findings)")
        #expect(proof.findings.count <= 10 && proof.differences >= proof.findings.count)
    }

    @Test("bytes that changed on the disk are found")
    func damagedFile() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running(["page_size": .size(4_096)])
        for start in stride(from: Int64(0), to: 2_000, by: 100) {
            try await bench.write(.records(start..<start + 100), to: sink)
        }
        try await sink.flush()
        await sink.close()
        #expect(try proof(bench).isProven)
        let file = try FileHandle(forUpdating: URL(filePath: bench.path))
        let size = try file.seekToEnd()
        try file.seek(toOffset: size / 2 / 4_096 * 4_096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 512))
        try file.close()
        let proof = try proof(bench)
        #expect(!proof.isProven)
        #expect(proof.findings.allSatisfy { $0.place == "file" }, "\(proof.findings)")
        // Of such a file no other proof is tried.
        let expectation = StreamExpectation(settings: TransactionSettings(seed: 1), indices: 0..<5, clock: .wall)
        let report = try ArchiveVerification(archives: [bench.path], expectations: [expectation]).report()
        #expect(report.proofs.map(\.kind) == [.internal] && !report.isProven)
    }

    @Test("dead letters of another sink, archived or still to come, are no damage")
    func otherSinks() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        try await bench.write(.records(0..<10), to: sink)
        for offset: Int64 in [4, 12] {
            var refused = TransactionBatch.records(offset..<offset + 1)
            refused.claims = []
            refused.dead = [offset]
            try await bench.write(refused, to: sink)
        }
        try await sink.flush()
        await sink.close()
        let proof = try proof(bench)
        #expect(proof.isProven, "\(proof.findings)")
        #expect(
            proof.notes == [
                "1 dead letter of records that are archived too: another sink refused them",
                "1 dead letter of another sink, of records that are to come when the pipeline goes on",
            ])
    }

    @Test("a topic that was made anew has a ledger of each time, and every damage is found in any")
    func generations() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        var first = TransactionBatch.records(0..<10)
        first.dead = [9]
        try await bench.write(first, to: sink)
        try await sink.beginAnew(TransactionBatch.stream, at: [0: 5])
        var second = TransactionBatch.records(5..<12)
        // The records of positions 5 and 6 are those that stood there before.
        for index in 2..<7 { second.rows[index].values = transaction(1_000 + index) }
        second.dead = [9]
        try await bench.write(second, to: sink)
        try await sink.flush()
        await sink.close()
        #expect(try bench.counts() == ["0|0|10|10|9|0|0|1|0", "0|5|12|7|4|2|0|1|0"])
        let good = try proof(bench)
        #expect(good.isProven, "\(good.findings)")
        #expect(good.notes.count == 1 && good.notes[0].hasPrefix("partition 0 has several generations"))
        _ = try bench.query(
            "UPDATE offsets SET last_crc32 = 1, last_timestamp_us = 1, last_offset = 9 WHERE generation = 0")
        #expect(try proof(bench).differences == 2)
        _ = try bench.query("UPDATE offsets SET rows = rows + 1, read = read + 1 WHERE generation = 1")
        #expect(try proof(bench).differences == 4)
        // Position 3 is in one generation, 7 in two: another row at each is one too many.
        _ = try bench.query("UPDATE transactions_rows SET kafka_offset = 3 WHERE kafka_offset = 4")
        _ = try bench.query("UPDATE transactions_rows SET kafka_offset = 7 WHERE kafka_offset = 2")
        let bad = try proof(bench)
        #expect(bad.differences == 6)
        for text in ["offset 3 is in 2 rows", "offset 7 is in 3 rows"] {
            #expect(bad.findings.contains { $0.difference == text }, "\(bad.findings)")
        }
    }

    @Test("an archive is verified while it is written, as of its last commit")
    func live() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        try await bench.write(.records(0..<10), to: sink)
        try await sink.flush()
        try await bench.write(.records(10..<20), to: sink)
        let proof = try proof(bench)
        #expect(proof.isProven && proof.summary.hasPrefix("10 rows"), "\(proof)")
        await sink.close()
    }

    @Test("an archive without a row, and one of somebody's own columns without a key, are proven")
    func unusual() async throws {
        let empty = try ArchiveBench()
        await (try await empty.running()).close()
        #expect(try proof(empty).summary == "0 rows, 0 dead letters and 0 holes in 1 partition")
        let keyless = try ArchiveBench()
        let columns = SettingValue.list([
            .object(["name": .text("who"), "field": .text("user_id"), "type": .text("text"), "key": .boolean(false)])
        ])
        let sink = try await keyless.running(["columns": columns, "table": .text("people")])
        try await keyless.write(.records(0..<10), to: sink)
        try await sink.flush()
        await sink.close()
        let proof = try proof(keyless)
        #expect(proof.isProven, "\(proof.findings)")
        #expect(proof.notes == ["the rows have no key: a record that was sent twice is there twice"])
    }

    @Test("what is no archive is an error and no difference")
    func noArchive() throws {
        let bench = try ArchiveBench()
        let error = #expect(throws: PipelineError.self) { try proof(bench) }
        #expect(error?.code == .inputOutput)
        try Data("something else".utf8).write(to: URL(filePath: bench.path))
        #expect(throws: PipelineError.self) { try proof(bench) }
        #expect(try bench.files == ["archive.db"])
    }
}
