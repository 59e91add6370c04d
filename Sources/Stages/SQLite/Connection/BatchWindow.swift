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

    /// One shown record: what its columns have in common, looked up once a row.
    struct Row {
        fileprivate let record: UnsafePointer<Record>
        fileprivate let cells: UnsafePointer<UInt64>
        fileprivate let kinds: UnsafePointer<UInt8>
    }

    /// A row that is shown.
    /// - Parameter index: below `count`.
    func row(_ index: Int) -> Row {
        let record = records + Int(order[index])
        let first = Int(record.pointee.row) * width
        return Row(record: record, cells: cells + first, kinds: kinds + first)
    }

    /// Hands a value to SQLite. Text goes as SQLITE_STATIC (a nil destructor): see ``BatchTable/lend(_:_:)`` for why
    /// the bytes stay where they are for as long as SQLite may look at them.
    @inline(__always)
    func give(_ column: Int32, of row: Row, to context: OpaquePointer?) {
        guard column < declaredColumns else {
            let isPartition = column == declaredColumns
            sqlite3_result_int64(context, isPartition ? Int64(row.record.pointee.partition) : row.record.pointee.offset)
            return
        }
        let source = Int(sources[Int(column)])
        let cell = row.cells[source]
        switch row.kinds[source] {
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
