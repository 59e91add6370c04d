internal import Pipeline

/// How far one partition is read.
struct PartitionReader {
    private(set) var queue: PartitionQueue
    /// Everything below is in a claim that was given out.
    private(set) var claimed: Int64
    /// Everything below was taken from the queue: `to` of the next claim.
    private(set) var next: Int64
    /// Records among them since the last claim.
    private(set) var read = 0
    /// Positions among them that the log's retention took first.
    private(set) var lost: Int
    /// Whether the broker says that the log does not hold the position that is read.
    var isOutOfRange = false
    /// Where reading ends, or nil.
    let end: Int64?
    /// Whether nothing waits at the broker either, as far as last heard.
    private(set) var isAtEnd = false
    /// Whether it was waited for in vain: its broker may be away, and the others are not held up for it again.
    var isOverdue = false
    /// The partition that is furthest behind is read first.
    private(set) var progress = ReadingProgress()
    /// Bytes of a record, smoothed, by which a read is sized.
    private(set) var meanSize = 512

    init(queue: PartitionQueue, start: StartPositions.Start, end: Int64?) {
        self.queue = queue
        claimed = start.claimed
        next = min(start.fetched, max(start.claimed, end ?? .max))
        lost = Int(next - claimed)
        self.end = end
    }

    var partition: Int32 { queue.partition }

    /// Whether the partition needs no more reading.
    var isFinished: Bool { end.map { next >= $0 } ?? false }

    /// What a batch has to claim now, or nil.
    var claim: Claim? {
        next > claimed ? Claim(partition: partition, from: claimed, to: next, records: read, lost: lost) : nil
    }

    /// Takes in a record.
    /// - Returns: how many offsets before it there are no records at.
    mutating func advance(past offset: Int64, at time: Int64, size: Int) -> Int64 {
        let gap = offset - next
        next = offset + 1
        read += 1
        progress.advance(to: time)
        isAtEnd = false
        isOverdue = false
        meanSize += (size - meanSize) / 16
        return gap
    }

    /// Takes in that the log ends at a position, markers and aborted records included.
    /// - Returns: how many offsets before it there are no records at.
    mutating func reach(end offset: Int64) -> Int64 {
        let gap = max(0, offset - next)
        next = max(next, offset)
        isAtEnd = true
        return gap
    }

    /// Goes on at the beginning of a log that has lost what lay before.
    /// - Returns: how many positions are lost.
    mutating func skipLost(to low: Int64) -> Int64 {
        let gap = max(0, min(low, end ?? .max) - next)
        next += gap
        lost += Int(gap)
        isAtEnd = false
        return gap
    }

    /// Reads from another queue from now on.
    mutating func follow(_ queue: PartitionQueue) {
        self.queue = queue
        isOutOfRange = false
    }

    /// The claim has been given out.
    mutating func commitClaim() {
        claimed = next
        read = 0
        lost = 0
    }
}
