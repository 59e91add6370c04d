/// Numbers as text, eight digits at once in one 64-bit word. The first digit is the lowest byte, so a little-endian
/// store puts them in reading order. A record has 40 digits: one at a time they would cost more than all else in it.
enum Digits {
    /// Eight decimal digits as numbers 0…9, with leading zeros.
    /// - Parameter value: below 100,000,000.
    @inline(__always)
    static func decimalValues(_ value: UInt32) -> UInt64 {
        // Split in halves of each lane: 8 digits → 2 × 4 → 4 × 2 → 8 × 1. The multiplications are divisions by 100
        // and by 10 in fixed point, exact for every value a lane can hold.
        var lanes = UInt64(value / 10_000) | UInt64(value % 10_000) << 32
        let hundreds = (lanes &* 10_486) >> 20 & 0x7F_0000_007F
        lanes = hundreds | (lanes &- hundreds &* 100) << 16
        let tens = (lanes &* 103) >> 10 & 0xF_000F_000F_000F
        return tens | (lanes &- tens &* 10) << 8
    }

    /// Eight decimal digits in ASCII, with leading zeros.
    /// - Parameter value: below 100,000,000.
    @inline(__always)
    static func decimal(_ value: UInt32) -> UInt64 {
        decimalValues(value) | 0x3030_3030_3030_3030
    }

    /// Eight hexadecimal digits in lower-case ASCII.
    @inline(__always)
    static func hexadecimal(_ value: UInt32) -> UInt64 {
        var nibbles = UInt64(value.byteSwapped)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles >> 4 | nibbles << 8) & 0x0F0F_0F0F_0F0F_0F0F
        // 1 in each byte above 9; 0x27 lies between "9" + 1 and "a".
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }

    /// An amount with its point and two decimals, at most seven bytes.
    /// - Parameter cents: below 1,000,000.
    /// - Returns: the text, and how many of its bytes count.
    @inline(__always)
    static func amount(_ cents: UInt32) -> (text: UInt64, length: Int) {
        // Whole part in digits 1 to 4, a zero where the point goes, cents in 6 and 7.
        let values = decimalValues(cents / 100 &* 10_000 &+ cents % 100 &* 10)
        let leading = min(3, values.trailingZeroBitCount >> 3)
        let text = (values | 0x3030_3030_3030_3030) ^ 0x1E << 32
        return (text >> UInt64(leading << 3), 7 - leading)
    }
}
