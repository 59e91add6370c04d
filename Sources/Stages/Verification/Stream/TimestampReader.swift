internal import Pipeline

/// Reads the times of transactions as the generator writes them, `2025-01-01T00:00:00.000000Z` and nothing else. Rows in
/// the order of their ids share a second with their neighbours, whose text is understood once.
struct TimestampReader {
    private static let length = 27
    private static let secondLength = 20

    private var second: [UInt8] = []
    private var start: Int64 = 0

    /// A time, or nil for any other text.
    /// - Parameter text: valid while this runs.
    mutating func read(_ text: UnsafeRawBufferPointer) -> Timestamp? {
        guard text.count == Self.length, text[Self.length - 1] == UInt8(ascii: "Z") else { return nil }
        let head = UnsafeRawBufferPointer(rebasing: text[..<Self.secondLength])
        if !second.elementsEqual(head) {
            guard head.last == UInt8(ascii: "."),
                let time = Timestamp(rfc3339: String(decoding: head.dropLast(), as: UTF8.self) + "Z")
            else { return nil }
            second = Array(head)
            start = time.microseconds
        }
        var fraction: Int64 = 0
        for place in Self.secondLength..<Self.length - 1 {
            let digit = text[place] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            fraction = fraction * 10 + Int64(digit)
        }
        return Timestamp(microseconds: start + fraction)
    }
}
