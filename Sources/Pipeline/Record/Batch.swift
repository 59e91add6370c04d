/// Records that travel together: one contiguous buffer of bytes, the records as ranges in it, and the claims they
/// answer for. A value; copies share the buffer.
public struct Batch: Sendable {
    /// The stream the records come from.
    public let stream: StreamIdentity
    /// The living records, in order within each partition.
    public var records: [Record]
    /// The records that a stage rejected, kept for the dead-letter sink. Transforms leave them alone.
    public var dead: [DeadRecord]
    /// The positions the batch answers for, at most one claim a partition. Dropping records leaves them as they are.
    public var claims: [Claim]
    /// Under which assignment of its group the source read the records (``GroupAssignment/generation``); 0 where it is a
    /// member of none. A sink that commits for the group leaves out what belongs to an earlier one: another member
    /// delivers it.
    public var generation = 0
    /// The parsed fields of the records, once a stage needed fields; rows are ``Record/row``.
    public var fields: FieldTable?
    let storage: ByteStorage

    init(stream: StreamIdentity, records: [Record], claims: [Claim], storage: ByteStorage) {
        self.stream = stream
        self.records = records
        self.claims = claims
        self.storage = storage
        self.dead = []
    }

    /// A batch without records, which carries claims alone.
    /// - Parameters:
    ///   - stream: the stream.
    ///   - claims: the positions it answers for.
    public init(stream: StreamIdentity, claims: [Claim]) {
        let builder = BatchBuilder(stream: stream, capacity: 0)
        self = builder.finish(claims: claims)
    }

    /// Bytes of all living records. Linear in their number.
    public var size: Int {
        var total = 0
        for record in records { total += record.size }
        return total
    }

    /// Bytes the batch costs in memory: its buffer, records, dead records, parsed fields, and what comes with every
    /// batch, so that a stream of batches without records is bounded too. Constant.
    public var footprint: Int {
        Self.overhead + storage.count + records.count * MemoryLayout<Record>.stride
            + dead.count * MemoryLayout<DeadRecord>.stride
            + (fields.map { $0.cells.count * 8 + $0.kinds.count + $0.unescaped.count } ?? 0)
    }

    /// About what an empty batch takes: the buffer's object and its least room, the claims, its places in queues.
    private static let overhead = 512

    /// Lends the batch's bytes for reading. 64 readable zero bytes follow the last one.
    /// - Parameter body: receives the bytes, which must not outlive the call.
    /// - Returns: what `body` returns.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // The storage is referenced by self for the whole call, so the pointer stays valid throughout.
        try body(UnsafeRawBufferPointer(start: storage.memory, count: storage.count))
    }

    /// Copies a range out. For tests, errors and slow paths: hot paths read in place.
    /// - Parameter range: a range of one of this batch's records.
    /// - Returns: the bytes, or nil where the value is absent.
    public func bytes(_ range: ByteRange) -> [UInt8]? {
        guard range.isPresent else { return nil }
        return withUnsafeBytes { Array($0[range.offsets]) }
    }

    /// Moves records out of ``records`` into ``dead``. Linear in the batch's records.
    /// - Parameter reason: called once a record in order; a reason rejects the record.
    /// - Parameter stage: the rejecting stage's name.
    public mutating func reject(stage: String, _ reason: (Record) -> String?) {
        var kept: [Record] = []
        kept.reserveCapacity(records.count)
        for record in records {
            if let reason = reason(record) {
                dead.append(DeadRecord(record: record, stage: stage, reason: reason))
            } else {
                kept.append(record)
            }
        }
        records = kept
    }
}
