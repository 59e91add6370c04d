internal import Pipeline
internal import Synchronization

/// What a sink that writes in transactions has done in this run; read from any thread.
final class ProducerCounters: Sendable {
    private struct Counts {
        var delivered: Int64 = 0
        var deliveredBytes: Int64 = 0
        var repeated: Int64 = 0
        var rejected: Int64 = 0
        var givenBack: Int64 = 0
        var transactions: Int64 = 0
        var inFlight = 0
        var meanCommit = 0.0
    }

    private let counts = Mutex(Counts())

    func isInFlight(_ count: Int) {
        counts.withLock { $0.inFlight = count }
    }

    /// Counts records that another member of the group delivers.
    func gaveBack(_ count: Int) {
        counts.withLock { counts in
            counts.givenBack += Int64(count)
            counts.inFlight = 0
        }
    }

    /// Counts a commit.
    /// - Parameters:
    ///   - written: its batches.
    ///   - duration: how long it took, the wait for the last reports included.
    func committed(_ written: [OpenTransaction.Writing], in duration: Duration) {
        counts.withLock { counts in
            for writing in written {
                counts.delivered += Int64(writing.batch.records.count)
                counts.deliveredBytes += Int64(writing.batch.size)
                counts.repeated += Int64(writing.repeated)
                counts.rejected += Int64(writing.rejections.count)
            }
            counts.transactions += 1
            counts.inFlight = 0
            let milliseconds = duration / .milliseconds(1)
            counts.meanCommit += (milliseconds - counts.meanCommit) / (counts.meanCommit == 0 ? 1 : 16)
        }
    }

    var measurements: [Measurement] {
        let counts = counts.withLock { $0 }
        return [
            Measurement.total("delivered", counts.delivered),
            Measurement.total("delivered_bytes", counts.deliveredBytes),
            Measurement.total("repeated", counts.repeated),
            Measurement.total("rejected", counts.rejected),
            Measurement.total("given_back", counts.givenBack),
            Measurement.total("transactions", counts.transactions),
            Measurement("in_flight", .integer(Int64(counts.inFlight)), live: "\(counts.inFlight) in flight"),
            Measurement("commit_ms", .number(counts.meanCommit)),
        ]
    }
}
