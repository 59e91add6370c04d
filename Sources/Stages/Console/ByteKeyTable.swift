internal import Glibc

/// Gives byte strings small numbers, in the order they first come: what counts per status or region are kept by,
/// without a `String` or an allocation a record.
///
/// Keys come from outside, so their number and length are bounded: what comes past the bounds is one number for all,
/// ``others``. Open addressing over at most half-full slots; a key of up to 16 bytes compares as two words.
struct ByteKeyTable: Sendable {
    /// The number of every key that has none of its own.
    static let others = 0
    /// The most keys with numbers of their own.
    static let maximumKeys = 100
    /// Bytes of the longest key with a number of its own.
    static let longestKey = 64

    private struct Entry {
        var first: UInt64
        var last: UInt64
        var start: Int
        var length: Int
    }

    private static let slotCount = 256
    private var slots = [UInt8](repeating: 0, count: slotCount)
    // entries[n - 1] is the key numbered n.
    private var entries: [Entry] = []
    private var bytes: [UInt8] = []

    /// Makes a table.
    /// - Parameter keys: keys that get the numbers from 1 on, so that no flood of other keys leaves them out.
    init(keys: [String] = []) {
        for key in keys {
            var key = key
            key.withUTF8 { _ = number(of: UnsafeRawBufferPointer($0)) }
        }
    }

    /// How many numbers there are, ``others`` included: one more than the highest.
    var count: Int { entries.count + 1 }

    /// The key with a number above 0.
    func key(_ number: Int) -> ArraySlice<UInt8> {
        let entry = entries[number - 1]
        return bytes[entry.start..<entry.start + entry.length]
    }

    /// The number of a key, which gets one if it can.
    mutating func number(of key: UnsafeRawBufferPointer) -> Int {
        guard key.count <= Self.longestKey else { return Self.others }
        let (first, last) = Self.words(of: key)
        let mixed = (first ^ (last << 29 | last >> 35) ^ UInt64(key.count)) &* 0x9E37_79B9_7F4A_7C15
        var slot = Int(mixed >> 56)
        while slots[slot] != 0 {
            let number = Int(slots[slot])
            let entry = entries[number - 1]
            if entry.first == first, entry.last == last, entry.length == key.count,
                key.count <= 16 || isSame(entry, key)
            {
                return number
            }
            slot = (slot + 1) % Self.slotCount
        }
        guard entries.count < Self.maximumKeys else { return Self.others }
        entries.append(Entry(first: first, last: last, start: bytes.count, length: key.count))
        bytes.append(contentsOf: key)
        slots[slot] = UInt8(entries.count)
        return entries.count
    }

    private func isSame(_ entry: Entry, _ key: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBytes { bytes in
            UnsafeRawBufferPointer(rebasing: bytes[entry.start..<entry.start + entry.length]).elementsEqual(key)
        }
    }

    // The first and the last eight bytes, which overlap in a key of fewer than 16; together with the length they say
    // all of a key of up to 16 bytes.
    private static func words(of key: UnsafeRawBufferPointer) -> (first: UInt64, last: UInt64) {
        if key.count >= 8 {
            return (
                key.loadUnaligned(as: UInt64.self), key.loadUnaligned(fromByteOffset: key.count - 8, as: UInt64.self)
            )
        }
        if key.count >= 4 {
            return (
                UInt64(key.loadUnaligned(as: UInt32.self)),
                UInt64(key.loadUnaligned(fromByteOffset: key.count - 4, as: UInt32.self))
            )
        }
        var word: UInt64 = 0
        for byte in key { word = word << 8 | UInt64(byte) }
        return (word, 0)
    }
}
