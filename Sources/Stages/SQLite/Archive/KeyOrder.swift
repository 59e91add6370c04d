internal import Glibc
internal import Pipeline

/// Puts the records of a batch into the order of their key, when that is text: rows that lie beside each other in the
/// tree are then inserted one after the other, which a stream of time-ordered ids read from several partitions is not
/// by itself.
struct KeyOrder {
    /// A record with its key's first 40 bytes as numbers, so that nearly every comparison is one of numbers side by side
    /// in memory: comparing the keys where they lie costs four times as much. 40, because that covers the 36 of an UUID:
    /// those of one millisecond differ behind the 24th, and with so many alone the archive takes 3 % more processor time.
    /// Five properties, because comparing the elements of an InlineArray takes half as long again.
    private struct Entry {
        var first: UInt64
        var second: UInt64
        var third: UInt64
        var fourth: UInt64
        var fifth: UInt64
        var index: UInt32

        init(_ index: UInt32, _ key: UnsafeRawBufferPointer) {
            first = Self.number(key, at: 0)
            second = Self.number(key, at: 8)
            third = Self.number(key, at: 16)
            fourth = Self.number(key, at: 24)
            fifth = Self.number(key, at: 32)
            self.index = index
        }

        /// Eight bytes as a number that orders as they do; missing ones count as zero, which the full comparison settles.
        private static func number(_ key: UnsafeRawBufferPointer, at start: Int) -> UInt64 {
            if key.count >= start + 8 { return key.loadUnaligned(fromByteOffset: start, as: UInt64.self).bigEndian }
            var value: UInt64 = 0
            for offset in start..<start + 8 { value = value << 8 | (offset < key.count ? UInt64(key[offset]) : 0) }
            return value
        }
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
        var entries: [Entry] = []
        entries.reserveCapacity(order.count)
        var isSorted = true
        for index in order {
            let entry = Entry(index, key(index))
            if let previous = entries.last, isSorted { isSorted = !precedes(entry, previous) }
            entries.append(entry)
        }
        if isSorted { return }
        // As a closure: the method itself would be made one for each of the sort's own calls, twenty records apart.
        entries.sort { precedes($0, $1) }
        for place in order.indices { order[place] = entries[place].index }
    }

    private func precedes(_ left: Entry, _ right: Entry) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.second != right.second { return left.second < right.second }
        if left.third != right.third { return left.third < right.third }
        if left.fourth != right.fourth { return left.fourth < right.fourth }
        if left.fifth != right.fifth { return left.fifth < right.fifth }
        let comparison = Self.compare(key(left.index), key(right.index))
        return comparison == 0 ? left.index < right.index : comparison < 0
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

    private static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        guard let one = left.baseAddress, let other = right.baseAddress else { return left.count - right.count }
        let comparison = Int(memcmp(one, other, min(left.count, right.count)))
        return comparison == 0 ? left.count - right.count : comparison
    }
}
