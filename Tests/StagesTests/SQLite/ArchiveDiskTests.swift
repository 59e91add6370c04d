import CSQLite
import FaultyFiles
import Foundation
import Pipeline
import Stages
import Testing

/// A disk that fails at exact points: every operation of a small run fails once, one after the other.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ArchiveDiskTests {
    /// What fails, how, and for how long.
    struct Fault: Sendable, CustomTestStringConvertible {
        var operation: faulty_operation
        var code: Int32
        /// How many operations fail from the chosen one on.
        var count: Int32 = 1
        var name: String

        var testDescription: String { count == 1 ? name : "\(name), until the file is closed" }
    }

    private static let faults = [
        Fault(operation: faulty_write, code: SQLITE_FULL, name: "a write that finds the disk full half-way"),
        Fault(operation: faulty_write, code: SQLITE_IOERR, name: "a write"),
        Fault(operation: faulty_sync, code: SQLITE_IOERR, name: "a sync"),
        Fault(operation: faulty_truncate, code: SQLITE_IOERR, name: "a truncate"),
        Fault(operation: faulty_commit, code: SQLITE_IOERR, name: "a commit, when it is through"),
        Fault(operation: faulty_delete, code: SQLITE_IOERR, name: "a delete"),
        Fault(operation: faulty_open, code: SQLITE_CANTOPEN, name: "an open"),
        Fault(operation: faulty_read, code: SQLITE_IOERR, name: "a read"),
        Fault(operation: faulty_size, code: SQLITE_IOERR, name: "a question for the size"),
        Fault(operation: faulty_lock, code: SQLITE_BUSY, name: "a lock that is taken"),
        Fault(operation: faulty_lock, code: SQLITE_IOERR, name: "a lock"),
        Fault(operation: faulty_shared_memory, code: SQLITE_IOERR, name: "shared memory"),
        Fault(operation: faulty_shared_lock, code: SQLITE_BUSY, name: "a lock in shared memory that is taken"),
        Fault(operation: faulty_shared_lock, code: SQLITE_IOERR, name: "a lock in shared memory"),
        Fault(operation: faulty_write, code: SQLITE_FULL, count: .max, name: "a write that finds the disk full"),
        Fault(operation: faulty_sync, code: SQLITE_IOERR, count: .max, name: "a sync"),
        Fault(operation: faulty_change, code: SQLITE_IOERR, count: .max, name: "whatever changes a file"),
    ]

    @Test("whichever operation of a run fails, the archive holds every record once in the end", arguments: faults)
    func everyPoint(fault: Fault) async throws {
        #expect(faulty_files_register() == SQLITE_OK)
        var number: Int32 = 1
        while try await run(fault, at: number) { number += 1 }
        // A run without any such operation would prove nothing.
        #expect(number > 2, "\(number - 1) points")
    }

    /// Archives with a fault.
    /// - Returns: whether the fault came at all.
    private func run(_ fault: Fault, at number: Int32) async throws -> Bool {
        let bench = try ArchiveBench()
        let batches = try Self.batches.map { try $0.made() }
        faulty_files_arm(bench.path, fault.operation, number, fault.count, fault.code)
        var acknowledged: Set<Int> = []
        var attempts = 0
        var failed: Int32 = 0
        while acknowledged.count < batches.count {
            attempts += 1
            try #require(attempts < 20, "\(fault.testDescription) \(number): it does not get on")
            let sink = try bench.sink(["page_size": .size(16_384), "checkpoint": .size(65_536)])
            let error = await pipelineError {
                try await archive(batches, with: sink, bench, &acknowledged)
            }
            await sink.close()
            failed += faulty_files_disarm()
            if let error { #expect(error.isRetriable, "\(fault.testDescription) \(number): \(error)") }
            try check(bench, acknowledged, "\(fault.testDescription) \(number)")
        }
        try checkWhole(bench, "\(fault.testDescription) \(number)")
        return failed > 0
    }

    /// What the runtime does between an opening and a failure: gives what is not acknowledged, in order.
    private func archive(
        _ batches: [Batch], with sink: SQLiteSink, _ bench: ArchiveBench, _ acknowledged: inout Set<Int>
    ) async throws {
        try await sink.open(bench.context())
        try await sink.begin(TransactionBatch.stream, at: [0: 0, 1: 0])
        try await sink.start()
        for index in batches.indices where !acknowledged.contains(index) {
            let before = bench.acknowledgements.count
            try await sink.write(batches[index], receipt: bench.acknowledgements.receipt())
            try await sink.flush()
            #expect(bench.acknowledgements.count == before + 1)
            acknowledged.insert(index)
        }
    }

    /// Three batches of two partitions: with dead letters, a record that comes again, another with its key, records that
    /// a stage dropped, holes.
    private static var batches: [TransactionBatch] {
        var first = TransactionBatch.records(0..<40)
        first.claims += TransactionBatch.records(0..<30, partition: 1).claims
        first.rows += TransactionBatch.records(0..<30, partition: 1).rows
        first.dead = [7]
        var second = TransactionBatch.records(40..<60)
        second.rows[3].values = transaction(5)
        second.rows[4].values = transaction(6, changing: ["amount": 9.75])
        second.claims = [Claim(partition: 0, from: 40, to: 70, records: 24)]
        var third = TransactionBatch.records(70..<90)
        third.dead = [75, 76]
        third.claims += TransactionBatch.records(30..<35, partition: 1).claims
        third.rows += TransactionBatch.records(30..<35, partition: 1).rows
        return [first, second, third]
    }

    /// What must hold whenever the file is closed.
    private func check(_ bench: ArchiveBench, _ acknowledged: Set<Int>, _ fault: String) throws {
        guard try bench.files.contains("archive.db"), try bench.query("PRAGMA user_version") == ["3"] else {
            #expect(acknowledged.isEmpty, "\(fault)")
            return
        }
        #expect(try bench.query("PRAGMA integrity_check") == ["ok"], "\(fault)")
        let next = try bench.query("SELECT next FROM offsets ORDER BY partition")
        let held = acknowledged.max().map { [["40", "30"], ["70", "30"], ["90", "35"]][$0] }
        if let held {
            // A commit that fails when it is through holds more than was acknowledged.
            #expect(zip(next, held).allSatisfy { Int($0) ?? 0 >= Int($1) ?? 0 }, "\(fault)")
        }
        #expect(
            try bench.query(
                """
                SELECT count(*) FROM offsets WHERE read <> rows + repeated + dropped + dead
                OR next - first_claimed <> read + holes
                OR rows <> (SELECT count(*) FROM transactions WHERE kafka_partition = partition)
                OR dead <> (SELECT count(*) FROM dead_letters AS d WHERE d.partition = offsets.partition)
                """) == ["0"], "\(fault)")
    }

    private func checkWhole(_ bench: ArchiveBench, _ fault: String) throws {
        #expect(try bench.counts() == ["0|0|90|84|75|1|4|4|6", "1|0|35|35|34|0|0|1|0"], "\(fault)")
        #expect(
            try bench.query("SELECT partition, offset, stage FROM dead_letters ORDER BY 1, 2") == [
                "0|7|filter", "0|44|sqlite", "0|75|filter", "0|76|filter", "1|7|filter",
            ], "\(fault)")
        #expect(
            try bench.query("SELECT last_offset, last_timestamp_us FROM offsets") == ["89|1000089", "34|1000034"],
            "\(fault)")
        #expect(try bench.files == ["archive.db"], "\(fault)")
    }
}
