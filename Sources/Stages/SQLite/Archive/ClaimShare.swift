internal import Pipeline

/// The part of a batch that falls to one claim, and what came of its records.
struct ClaimShare: Sendable, Hashable {
    let claim: Claim
    /// Where the part begins that the archive does not hold yet.
    let from: Int64
    /// Records of the whole claim that reached the sink, dead ones included.
    var seen = 0
    /// Living records from `from` on.
    var living = 0
    /// Dead records from `from` on.
    var dead = 0
    /// Of the living ones, those whose key and values are there already.
    var repeated = 0
    /// Of the living ones, those whose key is there with other values.
    var collided = 0
    /// The last of these records, by which a topic deleted and made again is noticed.
    var last: Record?

    /// - Parameters:
    ///   - claim: the claim.
    ///   - next: the position the archive stands at, not below the claim's beginning.
    init(_ claim: Claim, next: Int64) {
        self.claim = claim
        from = min(max(claim.from, next), claim.to)
    }

    /// Whether the archive holds the whole claim already.
    var isOld: Bool { from == claim.to }

    /// Records that stages dropped. Of a claim that is half known it cannot be told where the dropped ones lay; the
    /// part has at most so many positions without a record.
    var dropped: Int {
        let unseen = Int(claim.to - from) - living - dead
        return max(0, min(claim.records - seen, unseen))
    }

    /// Counts a record of the claim.
    /// - Returns: whether the archive does not hold it yet.
    mutating func count(_ record: Record, isDead: Bool) -> Bool {
        seen += 1
        guard record.offset >= from else { return false }
        if isDead { dead += 1 } else { living += 1 }
        if record.offset >= last?.offset ?? .min { last = record }
        return true
    }

    var rows: Int { living - repeated - collided }
    var read: Int { living + dead + dropped }

    /// Positions at which there was no record to read.
    var holes: Int { Int(claim.to - from) - read }

    /// Of the holes, what was deleted before it was read. Of a claim that is half known no more than there are.
    var lost: Int { min(claim.lost, holes) }
}
