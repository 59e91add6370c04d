/// Makes one batch: bytes are appended, records name ranges of them, and `finish` gives the immutable batch.
public struct BatchBuilder: ~Copyable {
    private let stream: StreamIdentity
    private let storage: ByteStorage
    private var records: [Record] = []

    /// Begins a batch.
    /// - Parameters:
    ///   - stream: the stream the records come from.
    ///   - capacity: bytes to reserve; more is made room for when needed.
    ///   - recordCapacity: records to reserve.
    public init(stream: StreamIdentity, capacity: Int, recordCapacity: Int = 0) {
        self.stream = stream
        storage = ByteStorage(capacity: capacity)
        records.reserveCapacity(recordCapacity)
    }

    /// Number of bytes so far.
    public var count: Int { storage.count }

    /// Number of records so far.
    public var recordCount: Int { records.count }

    /// Appends bytes.
    /// - Parameter bytes: copied into the batch's buffer.
    /// - Returns: the range they have there.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) -> ByteRange {
        append(maximum: bytes.count) { room in
            room.copyMemory(from: bytes)
            return bytes.count
        }
    }

    /// Appends bytes.
    /// - Parameter bytes: copied into the batch's buffer.
    /// - Returns: the range they have there.
    public mutating func append(_ bytes: some Sequence<UInt8>) -> ByteRange {
        let copy = Array(bytes)
        return copy.withUnsafeBytes { append($0) }
    }

    /// Lets `body` write in place, which saves the copy.
    /// - Parameters:
    ///   - maximum: bytes of room that `body` gets.
    ///   - body: writes from the beginning of the room and returns how many bytes it wrote.
    /// - Returns: the range of the written bytes.
    public mutating func append(
        maximum: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int
    ) -> ByteRange {
        storage.reserve(maximum)
        let start = storage.count
        let written = body(UnsafeMutableRawBufferPointer(start: storage.memory + start, count: maximum))
        storage.advance(by: written)
        return ByteRange(start: start, length: written)
    }

    /// Adds a record whose ranges were appended before.
    /// - Parameter record: the record.
    public mutating func add(_ record: Record) {
        records.append(record)
    }

    /// Ends the batch.
    /// - Parameter claims: the positions it answers for, at most one claim a partition.
    /// - Returns: the batch.
    public consuming func finish(claims: [Claim]) -> Batch {
        storage.seal()
        return Batch(stream: stream, records: records, claims: claims, storage: storage)
    }
}
