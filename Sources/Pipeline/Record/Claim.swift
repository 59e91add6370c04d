/// The half-open range of positions of one partition that a batch answers for.
///
/// A source sets `from` to the `to` of its previous claim on the partition, so control records, aborted records
/// and compaction holes lie inside claims, and a sink's stored `next` always equals the next `from`.
public struct Claim: Sendable, Hashable {
    /// The partition.
    public var partition: Int32
    /// The first position the batch answers for.
    public var from: Int64
    /// The position after the last one.
    public var to: Int64
    /// How many records the source read within it. The positions left over are holes: control records, aborted
    /// records, what compaction took. With it a sink can tell a hole from a record that a stage dropped.
    public var records: Int
    /// How many positions within it were deleted from the stream before they were read, as far as the source can tell:
    /// the holes among which records may have been.
    public var lost: Int

    /// Makes a claim.
    /// - Parameters:
    ///   - partition: the partition.
    ///   - from: the first position.
    ///   - to: the position after the last; not below `from`.
    ///   - records: how many records the source read within it; nil where every position holds one.
    ///   - lost: how many positions within it were deleted before they were read.
    public init(partition: Int32, from: Int64, to: Int64, records: Int? = nil, lost: Int = 0) {
        precondition(from <= to, "a claim ends before it begins")
        self.partition = partition
        self.from = from
        self.to = to
        self.records = records ?? Int(to - from)
        self.lost = lost
    }
}
