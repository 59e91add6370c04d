/// A transaction's id: a UUIDv7 (RFC 9562, section 5.7) whose 74 free bits say where the record comes from, so that it
/// is unique by construction and the record can be found, and made again, from its id alone.
///
/// The stream stands before the index: ids of one stream and millisecond sort as the records were made, and the index
/// is what the last ten digits show.
public struct TransactionIdentifier: Sendable, Hashable, CustomStringConvertible {
    /// Bits of a stream's part.
    public static let streamBits = 34
    /// Bits of the index, which bound a stream's length.
    public static let indexBits = 40

    /// Milliseconds since 1970, 48 bits.
    public let milliseconds: Int64
    /// The stream, ``streamBits`` bits.
    public let streamID: UInt64
    /// The record's number in its stream, ``indexBits`` bits.
    public let index: Int64

    /// Puts an id together; bits beyond a part's width are left off.
    /// - Parameters:
    ///   - milliseconds: milliseconds since 1970.
    ///   - streamID: the stream.
    ///   - index: the record's number in its stream.
    public init(milliseconds: Int64, streamID: UInt64, index: Int64) {
        self.milliseconds = milliseconds & (1 << 48 - 1)
        self.streamID = streamID & (1 << Self.streamBits - 1)
        self.index = index & (1 << Self.indexBits - 1)
    }

    /// Reads an id back.
    /// - Parameter text: a UUID of version 7 with dashes, in lower or upper case.
    /// - Returns: nil if it is anything else.
    public init?(_ text: some StringProtocol) {
        var bits: UInt128 = 0
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        for (place, byte) in bytes.enumerated() {
            if [8, 13, 18, 23].contains(place) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            bits = bits << 4 | UInt128(digit)
        }
        let high = UInt64(truncatingIfNeeded: bits >> 64)
        let low = UInt64(truncatingIfNeeded: bits)
        guard high >> 12 & 0xF == 7, low >> 62 == 0b10 else { return nil }
        self.init(high: high, low: low)
    }

    /// Takes the halves of a UUID apart; its version and variant are not looked at.
    init(high: UInt64, low: UInt64) {
        self.init(
            milliseconds: Int64(high >> 16), streamID: (high & 0xFFF) << 22 | low >> 40 & 0x3F_FFFF,
            index: Int64(truncatingIfNeeded: low & (1 << Self.indexBits - 1)))
    }

    /// Time, version and the stream's upper 12 bits.
    var high: UInt64 { UInt64(truncatingIfNeeded: milliseconds) << 16 | 0x7000 | streamID >> 22 }

    /// Variant, the stream's lower 22 bits and the index.
    var low: UInt64 { 0b10 << 62 | (streamID & 0x3F_FFFF) << 40 | UInt64(truncatingIfNeeded: index) }

    /// The UUID in lower case with dashes.
    public var description: String {
        var digits: [UInt8] = []
        for half in [high, low] {
            for part in [half >> 32, half] {
                let text = Digits.hexadecimal(UInt32(truncatingIfNeeded: part))
                for place in 0..<8 { digits.append(UInt8(truncatingIfNeeded: text >> UInt64(place * 8))) }
            }
        }
        for place in [20, 16, 12, 8] { digits.insert(UInt8(ascii: "-"), at: place) }
        return String(decoding: digits, as: UTF8.self)
    }
}
