internal import Foundation
internal import Pipeline

/// Puts the records of a batch into the order of their key, when that is text: rows that lie beside each other in the
/// tree are then inserted one after the other, which a stream of time-ordered ids read from several partitions is not
/// by itself.
struct KeyOrder {
    /// A record with the first eight bytes in which the batch's keys differ, so that nearly every comparison is one of
    /// two numbers side by side in memory: comparing the keys where they lie costs four times as much.
    private struct Entry {
        var prefix: UInt64
        var index: UInt32
    }

    private let records: UnsafeBufferPointer<Record>
    private let bytes: UnsafeRawBufferPointer
    private let unescaped: UnsafeRawBufferPointer
    private let cells: UnsafeBufferPointer<UInt64>
    private let kinds: UnsafeBufferPointer<UInt8>
    private let width: Int
    private let column: Int

    /// Sorts record indices by a column's bytes, equal ones by index. Linear if they are in order already.
    /// - Parameters:
    ///   - order: the indices, ascending.
    ///   - batch: the batch.
    ///   - fields: its fields.
    ///   - column: the key's column in `fields`.
    static func sort(_ order: inout [UInt32], of batch: Batch, _ fields: FieldTable, column: Int) {
        // The pointers live in a value that does not leave these closures.
        batch.withUnsafeBytes { bytes in
            batch.records.withUnsafeBufferPointer { records in
                fields.unescaped.withUnsafeBytes { unescaped in
                    fields.cells.withUnsafeBufferPointer { cells in
                        fields.kinds.withUnsafeBufferPointer { kinds in
                            KeyOrder(
                                records: records, bytes: bytes, unescaped: unescaped, cells: cells, kinds: kinds,
                                width: fields.names.count, column: column
                            ).sort(&order)
                        }
                    }
                }
            }
        }
    }

    private func sort(_ order: inout [UInt32]) {
        guard let first = order.first.map(key) else { return }
        var common = first.count
        var isSorted = true
        var previous = first
        for index in order.dropFirst() {
            let next = key(index)
            common = min(common, next.count)
            if common > 0, Self.compare(first, next, upTo: common) != 0 {
                common = zip(first, next).prefix { $0 == $1 }.count
            }
            isSorted = isSorted && Self.compare(previous, next) <= 0
            previous = next
        }
        if isSorted { return }
        var entries = order.map { Entry(prefix: Self.prefix(key($0), after: common), index: $0) }
        entries.sort { left, right in
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            let comparison = Self.compare(key(left.index), key(right.index))
            return comparison == 0 ? left.index < right.index : comparison < 0
        }
        order = entries.map(\.index)
    }

    private func key(_ index: UInt32) -> UnsafeRawBufferPointer {
        let place = Int(records[Int(index)].row) * width + column
        let start = Int(UInt32(truncatingIfNeeded: cells[place]))
        let end = start + Int(cells[place] >> 32)
        return switch kinds[place] {
        case FieldTable.Kind.text.rawValue: UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        case FieldTable.Kind.unescapedText.rawValue: UnsafeRawBufferPointer(rebasing: unescaped[start..<end])
        default: UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }

    /// Eight bytes as a number that orders as they do; missing ones count as zero, which the full comparison settles.
    private static func prefix(_ key: UnsafeRawBufferPointer, after skipped: Int) -> UInt64 {
        if key.count >= skipped + 8 { return key.loadUnaligned(fromByteOffset: skipped, as: UInt64.self).bigEndian }
        var value: UInt64 = 0
        for offset in skipped..<skipped + 8 { value = value << 8 | (offset < key.count ? UInt64(key[offset]) : 0) }
        return value
    }

    private static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let comparison = compare(left, right, upTo: min(left.count, right.count))
        return comparison == 0 ? left.count - right.count : Int(comparison)
    }

    private static func compare(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, upTo count: Int
    ) -> Int32 {
        guard let left = left.baseAddress, let right = right.baseAddress else { return 0 }
        return memcmp(left, right, count)
    }
}
