/// A range of bytes in a batch's buffer, or the absence of a value (a tombstone's payload, a record without a key).
public struct ByteRange: Sendable, Hashable {
    /// Where the bytes begin in the batch's buffer.
    public var start: UInt32
    /// How many bytes there are; -1 where the value is absent, which is not the same as empty.
    private var storedLength: Int32

    /// Makes a range.
    /// - Parameters:
    ///   - start: offset of the first byte in the batch's buffer.
    ///   - length: number of bytes; a batch's buffer is smaller than 2 GiB.
    public init(start: Int, length: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.storedLength = Int32(truncatingIfNeeded: length)
    }

    private init() {
        start = 0
        storedLength = -1
    }

    /// The value that is not there.
    public static let absent = ByteRange()

    /// Whether there is a value, be it an empty one.
    public var isPresent: Bool { storedLength >= 0 }

    /// Number of bytes; 0 where absent.
    public var length: Int { Int(max(0, storedLength)) }

    /// The offsets in the batch's buffer; empty where absent.
    public var offsets: Range<Int> { Int(start)..<(Int(start) + length) }
}
