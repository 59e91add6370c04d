extension TransactionIdentifier {
    /// Reads an id as the generator writes it: from bytes, since a million of them are read, and nothing but lower-case
    /// digits with dashes, since two texts of one id are two values.
    /// - Parameter text: valid while this runs.
    /// - Returns: nil if it is anything else.
    init?(canonical text: UnsafeRawBufferPointer) {
        guard text.count == 36 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for place in 0..<36 {
            let byte = text[place]
            let digit: UInt64
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte &- UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt64(byte &- UInt8(ascii: "a") &+ 10)
            case UInt8(ascii: "-") where place == 8 || place == 13 || place == 18 || place == 23: continue
            default: return nil
            }
            // The nineteenth place begins the lower half.
            if place < 19 { high = high << 4 | digit } else { low = low << 4 | digit }
        }
        self.init(high: high, low: low)
        // A digit where a dash belongs, or another version, does not come back the same.
        guard text[8] == UInt8(ascii: "-"), text[13] == UInt8(ascii: "-"), text[18] == UInt8(ascii: "-"),
            text[23] == UInt8(ascii: "-"), self.high == high, self.low == low
        else { return nil }
    }
}
