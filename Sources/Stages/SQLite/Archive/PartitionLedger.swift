internal import Pipeline

/// What the archive knows of one partition: a row of the table `offsets`. It describes [first claimed, next) exactly
/// once, so `next - firstClaimed = read + holes` and `read = rows + repeated + dropped + dead` hold whatever was
/// delivered twice.
struct PartitionLedger: Sendable, Hashable {
    var partition: Int32
    var firstClaimed: Int64
    /// The position of the next claim.
    var next: Int64
    /// Counts up with every runner that takes the archive over; a claim is written under the epoch it knows.
    var epoch: Int64
}
