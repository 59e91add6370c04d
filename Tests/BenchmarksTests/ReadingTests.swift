import CSQLite
import Driving
import Foundation
import Testing

@testable import Benchmarks

@Suite("What benchmarks read")
struct ReadingTests {
    @Test("a report's totals, lag and worst second are read")
    func report() throws {
        let text = """
            {"pipeline": "p", "outcome": "ttl", "records": 61, "records_per_second": 1.008, "elapsed_seconds": 60.5,
             "bytes": 1, "given_up": 0, "balanced": true, "stages": [
              {"name": "generator", "type": "generator", "out": 61},
              {"name": "gate", "type": "rate-gate", "out": 61, "schedule_lag_ms": {"max": 3, "p50": 1, "p99": 2},
               "worst_second": {"deviation_percent": -0.5, "records": 199, "second": 4, "target": 200}}]}
            """
        let report = try RunnerReport(contents: Data(text.utf8))
        #expect(report.records == 61)
        let gate = try report.stage("rate-gate")
        #expect(gate.scheduleLagMs?.p99 == 2)
        #expect(gate.worstSecond?.deviationPercent == -0.5)
        #expect(throws: DriverFailure.self) { try report.stage("kafka") }
        #expect(throws: DriverFailure.self) { try RunnerReport(contents: Data("{".utf8)) }
    }

    @Test("allocations are told apart by the library that asks for them")
    func allocations() throws {
        let counts = try #require(
            AllocationCounts(
                """
                100 90 total
                60 6000 /opt/swift/libswiftCore.so
                30 3000 /lib/x86_64-linux-gnu/librdkafka.so.1
                11 1100 elsewhere

                """))
        #expect(counts.ours == .init(allocations: 71, bytes: 7_100))
        #expect(counts.others == .init(allocations: 30, bytes: 3_000))
        #expect(counts.givenBack == 90)
    }

    @Test(
        "allocation counts that end too early are none", arguments: ["", "100 90 total\n60 6000 /opt/lib.so\n", "1 1"])
    func brokenAllocations(text: String) {
        #expect(AllocationCounts(text) == nil)
    }

    @Test("a command line names benchmarks and options in any order")
    func options() throws {
        let options = try Options(["produce", "--pairs", "3", "archive", "--json", "x.json", "--check"])
        #expect(options.names == ["produce", "archive"])
        #expect(options.pairs == 3)
        #expect(options.json == "x.json")
        #expect(options.checksGoals)
        for wrong in [["--pairs"], ["--pairs", "0"], ["--pairs", "few"], ["--speed"]] {
            #expect(throws: DriverFailure.self) { try Options(wrong) }
        }
        #expect(throws: DriverFailure.self) { try AllBenchmarks.named(["prodcue"]) }
    }

    @Test("a reader sees each record once, also where one partition is behind another")
    func growingArchive() throws {
        let path = NSTemporaryDirectory() + UUID().uuidString + ".db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let archive = GrowingArchive(path: path, partitions: 2)
        #expect(!archive.open())
        var database: OpaquePointer?
        try #require(sqlite3_open(path, &database) == SQLITE_OK)
        defer { sqlite3_close(database) }
        func execute(_ statement: String) throws {
            try #require(sqlite3_exec(database, statement, nil, nil, nil) == SQLITE_OK)
        }
        func insert(_ number: Int, partition: Int) throws {
            let time = "2025-01-01T00:00:0\(number).250000Z"
            try execute("INSERT INTO transactions VALUES ('\(number)', \(partition), '\(time)')")
        }
        try execute(
            """
            PRAGMA journal_mode = wal;
            CREATE TABLE transactions (transaction_id PRIMARY KEY, kafka_partition, timestamp) WITHOUT ROWID
            """)
        try #require(archive.open())
        try insert(3, partition: 0)
        try archive.look()
        try insert(1, partition: 1)
        try insert(5, partition: 0)
        try archive.look()
        try archive.look()
        try insert(4, partition: 1)
        try archive.look()
        let start = 1_735_689_600_000_000
        #expect(archive.ages.map(\.made) == [3, 1, 5, 4].map { start + $0 * 1_000_000 + 250_000 })
    }

    @Test("a process's most memory is the kernel's high-water mark")
    func memory() {
        let status = "Name:\tsh\nVmPeak:\t  9000 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1000 kB\n"
        #expect(ResidentPeak.peak(in: status) == 2 << 20)
        #expect(ResidentPeak.peak(in: "Name:\tsh\nState:\tZ (zombie)\n") == nil)
        #expect(ResidentPeak.peak(in: "") == nil)
    }

    @Test("callgrind's count is its last one")
    func callgrind() {
        let text = """
            ==7== Callgrind, a call-graph generating cache profiler
            ==7== Events    : Ir
            ==7== Collected : 55828656
            ==7==
            ==7== I   refs:      55,828,656
            """
        #expect(InstructionsBenchmark.instructions(in: text) == 55_828_656)
        #expect(InstructionsBenchmark.instructions(in: "==7== Collected : none") == nil)
        #expect(InstructionsBenchmark.instructions(in: "") == nil)
    }
}
