internal import CSQLite
internal import Pipeline

/// What the virtual table `batch` shows while one statement runs: pointers into a batch, lent by ``BatchTable``.
///
/// The declared columns come first, then partition and offset.
struct BatchWindow {
    var bytes: UnsafePointer<CChar>
    var unescaped: UnsafePointer<CChar>
    var cells: UnsafePointer<UInt64>
    var kinds: UnsafePointer<UInt8>
    var records: UnsafePointer<Record>
    /// Indices of the shown records, in the order they are shown.
    var order: UnsafePointer<UInt32>
    var count: Int
    /// Columns of the field table.
    var width: Int
    /// For each declared column its column in the field table.
    var sources: UnsafePointer<Int32>
    var declaredColumns: Int32

    /// Hands a value to SQLite. Text goes as SQLITE_STATIC (a nil destructor): see ``BatchTable/lend(_:_:)`` for why
    /// the bytes stay where they are for as long as SQLite may look at them.
    @inline(__always)
    func give(_ column: Int32, ofRow row: Int, to context: OpaquePointer?) {
        let record = records + Int(order[row])
        guard column < declaredColumns else {
            let isPartition = column == declaredColumns
            sqlite3_result_int64(context, isPartition ? Int64(record.pointee.partition) : record.pointee.offset)
            return
        }
        let index = Int(record.pointee.row) * width + Int(sources[Int(column)])
        let cell = cells[index]
        switch kinds[index] {
        case FieldTable.Kind.text.rawValue:
            sqlite3_result_text(
                context, bytes + Int(UInt32(truncatingIfNeeded: cell)), Int32(truncatingIfNeeded: cell >> 32), nil)
        case FieldTable.Kind.unescapedText.rawValue:
            sqlite3_result_text(
                context, unescaped + Int(UInt32(truncatingIfNeeded: cell)), Int32(truncatingIfNeeded: cell >> 32), nil)
        case FieldTable.Kind.real.rawValue:
            sqlite3_result_double(context, Double(bitPattern: cell))
        case FieldTable.Kind.integer.rawValue, FieldTable.Kind.boolean.rawValue:
            sqlite3_result_int64(context, Int64(bitPattern: cell))
        default:
            // The runtime lets no record through without its required fields; NOT NULL would say so if it did.
            sqlite3_result_null(context)
        }
    }
}
