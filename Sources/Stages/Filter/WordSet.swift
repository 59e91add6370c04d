internal import Glibc

/// The words of one condition. Asking is linear in their number: conditions have a handful, and comparing lengths
/// first settles most of them without touching the bytes.
struct WordSet: Sendable {
    private let bytes: [UInt8]
    private let ranges: [Range<Int>]
    private let numbers: [Double]
    private let hasTrue: Bool
    private let hasFalse: Bool

    init(_ words: [String]) {
        var bytes: [UInt8] = []
        var ranges: [Range<Int>] = []
        for word in words {
            let start = bytes.count
            bytes += Array(word.utf8)
            ranges.append(start..<bytes.count)
        }
        self.bytes = bytes
        self.ranges = ranges
        // Only what looks like a JSON number is one: `Double` would also read "inf", "nan" and hexadecimal.
        let numerals = Array("+-.0123456789Ee".utf8)
        numbers = words.filter { $0.utf8.allSatisfy(numerals.contains) }.compactMap(Double.init)
        hasTrue = words.contains("true")
        hasFalse = words.contains("false")
    }

    func contains(text: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBytes { words in
            for range in ranges where range.count == text.count {
                if range.isEmpty { return true }
                // Both pointers are of non-empty buffers of this length, so neither is nil.
                if let word = words[range].baseAddressOfSlice, let start = text.baseAddress,
                    memcmp(word, start, text.count) == 0
                {
                    return true
                }
            }
            return false
        }
    }

    func contains(number: Double) -> Bool {
        numbers.contains(number)
    }

    func contains(boolean: Bool) -> Bool {
        boolean ? hasTrue : hasFalse
    }
}

extension Slice<UnsafeRawBufferPointer> {
    fileprivate var baseAddressOfSlice: UnsafeRawPointer? {
        base.baseAddress.map { $0 + startIndex }
    }
}
