/// What a group member has delivered, what of it is acknowledged and what is committed. A pure state machine.
struct GroupPositions: Sendable {
    private struct Partition {
        var delivered: Int64
        var acknowledged: Int64
        var committed: Int64
    }

    /// Grows with every assignment, so that what was read under an earlier one can be told.
    private(set) var generation: Int
    /// Whether batches may be delivered: not while partitions are being given back.
    private(set) var isDelivering = false
    private var partitions: [Int32: Partition] = [:]

    /// - Parameter generation: the last of the member before, so that no number comes twice.
    init(after generation: Int = 0) {
        self.generation = generation
    }

    /// Begins a generation.
    /// - Parameter starts: the position each partition is read from; it counts as committed.
    mutating func assign(_ starts: [Int32: Int64]) {
        generation += 1
        isDelivering = true
        partitions = starts.mapValues { Partition(delivered: $0, acknowledged: $0, committed: $0) }
    }

    /// Whether a batch read in a generation may still go out; if so its claims count as delivered.
    mutating func deliver(_ ends: [(partition: Int32, to: Int64)], generation: Int) -> Bool {
        guard isDelivering, generation == self.generation else { return false }
        for end in ends { partitions[end.partition]?.delivered = end.to }
        return true
    }

    /// Hears of acknowledgements. Partitions of another generation are not ours to commit; of one that came back, only
    /// what was delivered again counts.
    mutating func acknowledge(_ watermark: [Int32: Int64]) {
        for (partition, position) in watermark {
            guard let known = partitions[partition] else { continue }
            partitions[partition]?.acknowledged = max(known.acknowledged, min(position, known.delivered))
        }
    }

    /// Stops delivering, before partitions are given back.
    mutating func stopDelivering() {
        isDelivering = false
    }

    /// Whether everything delivered is acknowledged.
    var isSettled: Bool { partitions.values.allSatisfy { $0.acknowledged >= $0.delivered } }

    /// What is acknowledged and not committed.
    var uncommitted: [Int32: Int64] {
        partitions.filter { $0.value.acknowledged > $0.value.committed }.mapValues(\.acknowledged)
    }

    /// A commit succeeded.
    mutating func commit(_ offsets: [Int32: Int64]) {
        for (partition, offset) in offsets { partitions[partition]?.committed = offset }
    }

    /// Ends the generation: later acknowledgements are void.
    mutating func unassign() {
        isDelivering = false
        partitions = [:]
    }
}
