internal import Glibc

/// How often each text of a column occurs, and a sum that goes with it. For columns of a few values: past a limit it
/// stops and says so.
struct ValueCounts {
    /// One value.
    struct Entry {
        var bytes: [UInt8]
        var count = 0
        var sum = 0.0
        /// How many went into the sum.
        var summands = 0

        var value: String { String(decoding: bytes, as: UTF8.self) }
    }

    static let limit = 50

    private(set) var entries: [Entry] = []
    /// Whether there are more values than ``limit``.
    private(set) var isOverflowing = false

    /// Counts a value. A list searched from the front: the columns it is for have some five values, for which it beats
    /// a dictionary, and no string is made.
    mutating func add(_ bytes: UnsafeRawBufferPointer, amount: Double?) {
        guard !isOverflowing else { return }
        let found = entries.firstIndex { entry in
            entry.bytes.count == bytes.count
                && entry.bytes.withUnsafeBytes { known in
                    guard let known = known.baseAddress, let bytes = bytes.baseAddress else { return true }
                    return memcmp(known, bytes, entry.bytes.count) == 0
                }
        }
        let index = found ?? entries.endIndex
        if found == nil {
            guard entries.count < Self.limit else {
                isOverflowing = true
                return
            }
            entries.append(Entry(bytes: Array(bytes)))
        }
        entries[index].count += 1
        if let amount {
            entries[index].sum += amount
            entries[index].summands += 1
        }
    }

    /// The values, the most frequent first.
    var sorted: [Entry] {
        entries.sorted { ($1.count, $0.value) < ($0.count, $1.value) }
    }
}
