/// What stands in one field of one record.
public enum FieldValue: Sendable, Hashable {
    /// The object has no such member.
    case missing
    /// `null`.
    case null
    /// A string whose bytes stand in the batch's buffer as they are.
    case text(ByteRange)
    /// A string that had escapes; its bytes stand unescaped in the table's own buffer.
    case unescapedText(ByteRange)
    /// A number without fraction or exponent that 64 bits hold.
    case integer(Int64)
    /// Any other number.
    case real(Double)
    /// `true` or `false`.
    case boolean(Bool)
    /// An object or an array.
    case composite
}

/// The parsed fields of a batch's records: one row a record, one column a field. Made once, read by every stage after.
///
/// A cell is 8 bytes and a kind byte (a string's place, a number's bits), so that a sink can hand strings on without a
/// copy and a filter compares bytes in place.
public struct FieldTable: Sendable {
    /// The kind of a cell; decides how its 8 bytes are read.
    public enum Kind: UInt8, Sendable {
        /// No such member.
        case missing = 0
        /// `null`.
        case null = 1
        /// Start (low 32 bits) and length (high 32 bits) in the batch's buffer.
        case text = 2
        /// Start and length in ``unescaped``.
        case unescapedText = 3
        /// The bits of an Int64.
        case integer = 4
        /// The bits of a Double.
        case real = 5
        /// 0 or 1.
        case boolean = 6
        /// Nothing: an object or array.
        case composite = 7
    }

    /// Names of the columns, in their order.
    public let names: [String]
    /// Row by row, `names.count` cells each.
    public let cells: [UInt64]
    /// Row by row, a ``Kind`` each.
    public let kinds: [UInt8]
    /// The bytes of strings that had escapes.
    public let unescaped: [UInt8]

    /// Makes a table.
    /// - Parameters:
    ///   - names: names of the columns.
    ///   - cells: the cells, row by row.
    ///   - kinds: their kinds, row by row.
    ///   - unescaped: bytes of strings that had escapes.
    public init(names: [String], cells: [UInt64], kinds: [UInt8], unescaped: [UInt8]) {
        self.names = names
        self.cells = cells
        self.kinds = kinds
        self.unescaped = unescaped
    }

    /// The column of a field. Linear in the number of columns: look it up once a batch.
    /// - Parameter name: the field's name.
    /// - Returns: its column, or nil if no stage asked for it.
    public func column(_ name: String) -> Int? {
        names.firstIndex(of: name)
    }

    /// What stands in a cell.
    /// - Parameters:
    ///   - row: a record's ``Record/row``.
    ///   - column: from ``column(_:)``.
    /// - Returns: the value.
    public func value(row: UInt32, column: Int) -> FieldValue {
        let index = Int(row) * names.count + column
        let cell = cells[index]
        let range = ByteRange(start: Int(UInt32(truncatingIfNeeded: cell)), length: Int(cell >> 32))
        return switch Kind(rawValue: kinds[index]) {
        case .null: .null
        case .text: .text(range)
        case .unescapedText: .unescapedText(range)
        case .integer: .integer(Int64(bitPattern: cell))
        case .real: .real(Double(bitPattern: cell))
        case .boolean: .boolean(cell != 0)
        case .composite: .composite
        case .missing, nil: .missing
        }
    }
}
