internal import Foundation
internal import Pipeline

/// Puts the records of a batch into the order of their key, when that is text: rows that lie beside each other in the
/// tree are then inserted one after the other, which a stream of time-ordered ids read from several partitions is not
/// by itself.
enum KeyOrder {
    /// Sorts record indices by a column's bytes, equal ones by index. Linear if they are in order already.
    /// - Parameters:
    ///   - order: the indices.
    ///   - records: the batch's records.
    ///   - bytes: the batch's bytes.
    ///   - fields: the batch's fields.
    ///   - column: the key's column in `fields`.
    static func sort(
        _ order: inout [UInt32], records: [Record], bytes: UnsafeRawBufferPointer, fields: FieldTable, column: Int
    ) {
        let width = fields.names.count
        fields.unescaped.withUnsafeBytes { unescaped in
            fields.cells.withUnsafeBufferPointer { cells in
                fields.kinds.withUnsafeBufferPointer { kinds in
                    records.withUnsafeBufferPointer { records in
                        func key(_ index: UInt32) -> UnsafeRawBufferPointer {
                            let place = Int(records[Int(index)].row) * width + column
                            let start = Int(UInt32(truncatingIfNeeded: cells[place]))
                            let end = start + Int(cells[place] >> 32)
                            return switch kinds[place] {
                            case FieldTable.Kind.text.rawValue: UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                            case FieldTable.Kind.unescapedText.rawValue:
                                UnsafeRawBufferPointer(rebasing: unescaped[start..<end])
                            default: UnsafeRawBufferPointer(start: nil, count: 0)
                            }
                        }
                        func isBefore(_ left: UInt32, _ right: UInt32) -> Bool {
                            let (a, b) = (key(left), key(right))
                            var comparison: Int32 = 0
                            if let first = a.baseAddress, let second = b.baseAddress {
                                comparison = memcmp(first, second, min(a.count, b.count))
                            }
                            if comparison != 0 { return comparison < 0 }
                            return a.count == b.count ? left < right : a.count < b.count
                        }
                        let isSorted = zip(order, order.dropFirst()).allSatisfy { isBefore($0, $1) }
                        if !isSorted { order.sort(by: isBefore) }
                    }
                }
            }
        }
    }
}
