internal import Pipeline
internal import Synchronization

/// What the archive's sink has done in this run; read from any thread.
final class SQLiteCounters: Sendable {
    private let rows = Atomic<Int64>(0)
    private let repeated = Atomic<Int64>(0)
    private let dead = Atomic<Int64>(0)
    private let transactions = Atomic<Int64>(0)
    private let logSize = Atomic<Int64>(0)
    private let commitTimes = Mutex(CommitTimes())

    func wrote(_ outcome: Archive.Outcome) {
        rows.add(Int64(outcome.rows), ordering: .relaxed)
        repeated.add(Int64(outcome.repeated), ordering: .relaxed)
        dead.add(Int64(outcome.dead), ordering: .relaxed)
    }

    func committed(in duration: Duration, logSize size: Int) {
        transactions.add(1, ordering: .relaxed)
        logSize.store(Int64(size), ordering: .relaxed)
        commitTimes.withLock { $0.add(duration) }
    }

    var measurements: [Measurement] {
        let rows = rows.load(ordering: .relaxed)
        var measurements = [
            Measurement.total("rows", rows, live: "\(rows) rows"),
            Measurement.total("repeated", repeated.load(ordering: .relaxed)),
            Measurement.total("dead_letters", dead.load(ordering: .relaxed)),
            Measurement.total("transactions", transactions.load(ordering: .relaxed)),
            Measurement("write_ahead_log_bytes", .integer(logSize.load(ordering: .relaxed))),
        ]
        if let p99 = commitTimes.withLock({ $0.p99Milliseconds }) {
            measurements.append(Measurement("commit_p99_ms", .number(p99)))
        }
        return measurements
    }
}
