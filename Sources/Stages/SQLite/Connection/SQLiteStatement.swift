internal import CSQLite

/// A prepared statement of a ``SQLiteConnection``. Parameters count from 1, columns from 0, as in SQLite.
final class SQLiteStatement {
    /// The type of a stored value.
    enum ValueType {
        case null
        case integer
        case real
        case text
        case blob
    }

    private(set) var handle: OpaquePointer?
    private unowned let connection: SQLiteConnection

    init(handle: OpaquePointer?, connection: SQLiteConnection) {
        self.handle = handle
        self.connection = connection
    }

    /// Goes to the next row.
    /// - Returns: false after the last row; the statement is reset then and can run again.
    func step() throws(SQLiteFailure) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        // The failure is read before the reset, which gives the same code again and may change the words.
        let failure = code == SQLITE_DONE ? nil : SQLiteFailure(code, on: connection.handle)
        sqlite3_reset(handle)
        if let failure { throw failure }
        return false
    }

    /// Runs the statement to its end.
    func run() throws(SQLiteFailure) {
        while try step() {}
    }

    /// Makes the statement ready to run again after fewer than all rows were read.
    func reset() {
        sqlite3_reset(handle)
    }

    func bind(_ value: Int64?, at parameter: Int32) throws(SQLiteFailure) {
        guard let value else { return try connection.check(sqlite3_bind_null(handle, parameter)) }
        try connection.check(sqlite3_bind_int64(handle, parameter, value))
    }

    func bind(_ value: String, at parameter: Int32) throws(SQLiteFailure) {
        var value = value
        let code = value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                sluice_sqlite_bind_text(handle, parameter, $0.baseAddress, Int32($0.count))
            }
        }
        try connection.check(code)
    }

    /// Binds bytes, or NULL for nil.
    func bind(_ value: UnsafeRawBufferPointer?, at parameter: Int32) throws(SQLiteFailure) {
        guard let value else { return try connection.check(sqlite3_bind_null(handle, parameter)) }
        try connection.check(sluice_sqlite_bind_blob(handle, parameter, value.baseAddress, Int32(value.count)))
    }

    /// Whether the statement leaves the database as it is.
    var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }

    var columnCount: Int32 { sqlite3_column_count(handle) }

    func columnName(_ column: Int32) -> String {
        sqlite3_column_name(handle, column).map { String(cString: $0) } ?? ""
    }

    func type(_ column: Int32) -> ValueType {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: .integer
        case SQLITE_FLOAT: .real
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        default: .null
        }
    }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func real(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

    func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    /// The bytes of a text, valid until the next step; empty for NULL.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        guard let bytes = sqlite3_column_text(handle, column) else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column)))
    }

    func blob(_ column: Int32) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))))
    }

    /// Frees the statement. Called by its connection.
    func finalize() {
        sqlite3_finalize(handle)
        handle = nil
    }
}
