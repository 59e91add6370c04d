/// By what a record is known again at its place, without its bytes: an owner of positions keeps the mark of the last one,
/// so that the source can tell whether the stream is still the one it was.
public struct RecordMark: Sendable, Hashable {
    /// Where the record stood in its partition.
    public var offset: Int64
    /// Its time.
    public var timestamp: Timestamp
    /// CRC-32 of its value; that of no bytes for a tombstone.
    public var checksum: UInt32

    /// Makes a mark of what was stored.
    /// - Parameters:
    ///   - offset: where the record stood.
    ///   - timestamp: its time.
    ///   - checksum: CRC-32 of its value.
    public init(offset: Int64, timestamp: Timestamp, checksum: UInt32) {
        self.offset = offset
        self.timestamp = timestamp
        self.checksum = checksum
    }

    /// Makes the mark of a record.
    /// - Parameters:
    ///   - offset: where it stands.
    ///   - timestamp: its time.
    ///   - value: its value.
    public init(offset: Int64, timestamp: Timestamp, value: UnsafeRawBufferPointer) {
        self.init(offset: offset, timestamp: timestamp, checksum: Checksum.crc32(value))
    }
}

extension Batch {
    /// The mark of one of the batch's records, living or dead. Linear in its value.
    public func mark(of record: Record) -> RecordMark {
        withUnsafeBytes { bytes in
            RecordMark(
                offset: record.offset, timestamp: record.timestamp,
                value: UnsafeRawBufferPointer(rebasing: bytes[record.value.offsets]))
        }
    }
}
