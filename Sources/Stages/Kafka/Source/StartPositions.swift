internal import Pipeline

/// Where each partition is read from, decided once from what is stored, what the log holds and what the file says.
struct StartPositions: Sendable, Hashable {
    /// Where reading begins when nothing is stored.
    enum Reset: String, Sendable, CaseIterable {
        case earliest, latest
    }

    /// Where a partition's log begins and ends.
    struct Bounds: Sendable, Hashable {
        var low: Int64
        var high: Int64
    }

    /// A partition's beginning.
    struct Start: Sendable, Hashable {
        /// The first position that the first claim answers for.
        var claimed: Int64
        /// The first offset to fetch: above `claimed` where the log begins later.
        var fetched: Int64
    }

    /// The beginnings by partition.
    private(set) var starts: [Int32: Start] = [:]
    /// What a store without a position is told to begin with.
    private(set) var fresh: [Int32: Int64] = [:]
    /// Positions that are gone by the log's retention: the number lost by partition.
    private(set) var gone: [Int32: Int64] = [:]
    /// Partitions whose stored position is beyond their log's end: the topic is another one than it was.
    private(set) var beyond: [Int32: Int64] = [:]

    /// Decides.
    /// - Parameters:
    ///   - bounds: the partitions and their logs.
    ///   - stores: the stored positions of everyone who stores some; the lowest counts.
    ///   - reset: where to begin when nothing is stored.
    ///   - forgives: whether a position beyond the end is given up for a new beginning (a group's) or reported.
    init(bounds: [Int32: Bounds], stores: [[Int32: Int64]], reset: Reset, forgives: Bool) {
        for (partition, log) in bounds {
            let beginning = reset == .earliest ? log.low : log.high
            let stored = stores.map { $0[partition] ?? beginning }
            if stores.contains(where: { $0[partition] == nil }) || stores.isEmpty { fresh[partition] = beginning }
            var claimed = stored.min() ?? beginning
            if claimed > log.high {
                beyond[partition] = claimed
                if forgives { claimed = beginning }
            }
            if claimed < log.low { gone[partition] = log.low - claimed }
            starts[partition] = Start(claimed: claimed, fetched: max(claimed, log.low))
        }
    }
}
