/// One record of a batch: ranges in the batch's buffer, a time and a position. 48 bytes, no reference.
public struct Record: Sendable, Hashable {
    /// The key, or absent.
    public var key: ByteRange
    /// The value; absent is a tombstone.
    public var value: ByteRange
    /// The headers in the form of ``RecordHeaders``, or absent.
    public var headers: ByteRange
    /// The record's own time: when it was made, or the broker's timestamp.
    public var timestamp: Timestamp
    /// The place in its partition.
    public var offset: Int64
    /// The partition.
    public var partition: Int32
    /// The record's row in the batch's ``FieldTable``; it stays when neighbours are dropped.
    public var row: UInt32

    /// Makes a record.
    /// - Parameters:
    ///   - key: the key's bytes.
    ///   - value: the value's bytes.
    ///   - headers: the headers' bytes.
    ///   - timestamp: the record's time.
    ///   - position: the record's place.
    public init(
        key: ByteRange = .absent, value: ByteRange, headers: ByteRange = .absent, timestamp: Timestamp,
        position: Position
    ) {
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
        self.offset = position.offset
        self.partition = position.partition
        self.row = 0
    }

    /// Partition and offset together.
    public var position: Position { Position(partition: partition, offset: offset) }

    /// Bytes of key, value and headers, as the byte counts of channels and reports have it.
    public var size: Int { key.length + value.length + headers.length }
}
