internal import Pipeline

/// What the archive knows of one partition: its live row in the table `offsets`. It describes [first claimed, next) exactly
/// once, so `next - firstClaimed = read + holes` and `read = rows + repeated + dropped + dead` hold whatever was
/// delivered twice.
struct PartitionLedger: Sendable, Hashable {
    var partition: Int32
    /// Counts the times that the topic was made anew and the archive went on with it.
    var generation: Int64 = 0
    var firstClaimed: Int64
    /// The position of the next claim.
    var next: Int64
    /// Counts up with every runner that takes the archive over; a claim is written under the epoch it knows.
    var epoch: Int64
    /// Where the earlier generations end: below it a row may stand at a position that is claimed once more.
    var formerEnd: Int64 = 0
    /// By which a topic made anew is noticed.
    var last: RecordMark?
}
