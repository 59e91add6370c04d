internal import CSQLite

/// One connection to a database file, used by one actor or one thread at a time: it is opened without SQLite's own
/// mutex, and not being `Sendable` keeps it where it was opened.
///
/// Hardened as https://www.sqlite.org/security.html advises: defensive, schema not trusted, no extensions (which are
/// off unless asked for).
final class SQLiteConnection {
    /// How the file is opened.
    enum Access {
        /// For the one writer.
        case writing
        /// For everyone else.
        case reading
        /// For a file in a folder where no shared memory can be made, and that nobody writes.
        case immutable
    }

    private(set) var handle: OpaquePointer?
    private var statements: [SQLiteStatement] = []

    /// Opens a file that exists.
    /// - Parameters:
    ///   - path: an absolute path, so that it is never taken for a `file:` address or `:memory:`.
    ///   - access: how.
    init(path: String, access: Access) throws(SQLiteFailure) {
        precondition(path.hasPrefix("/"), "an archive is opened by its absolute path")
        var name = path
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE
        switch access {
        case .writing: flags |= SQLITE_OPEN_READWRITE
        case .reading: flags |= SQLITE_OPEN_READONLY
        case .immutable:
            flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            name = "file:" + Self.escaped(path) + "?immutable=1"
        }
        let code = sqlite3_open_v2(name, &handle, flags, nil)
        guard code == SQLITE_OK else {
            let failure = SQLiteFailure(code, on: handle)
            sqlite3_close(handle)
            handle = nil
            throw failure
        }
        try check(sluice_sqlite_configure(handle, SQLITE_DBCONFIG_DEFENSIVE, 1))
        try check(sluice_sqlite_configure(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0))
    }

    /// Whether no transaction is open. After an error it tells whether SQLite rolled back by itself.
    var isAutocommit: Bool { sqlite3_get_autocommit(handle) != 0 }

    /// Rows that the last INSERT, UPDATE or DELETE changed.
    var changes: Int { Int(sqlite3_changes64(handle)) }

    /// Runs statements that give no rows.
    /// - Parameter sql: our own text; nothing of a record is ever in it.
    func execute(_ sql: String) throws(SQLiteFailure) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Prepares one statement, which lives until it is finalised or the connection is closed.
    func prepare(_ sql: String) throws(SQLiteFailure) -> SQLiteStatement {
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
        let prepared = SQLiteStatement(handle: statement, connection: self)
        statements.append(prepared)
        return prepared
    }

    /// The first column of the first row as an integer, or nil without a row.
    func integer(_ sql: String) throws(SQLiteFailure) -> Int64? {
        let statement = try prepare(sql)
        defer { discard(statement) }
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The first column of every row as text.
    func texts(_ sql: String) throws(SQLiteFailure) -> [String] {
        let statement = try prepare(sql)
        defer { discard(statement) }
        var texts: [String] = []
        while try statement.step() { texts.append(statement.text(0)) }
        return texts
    }

    /// Prepares a text that must be one statement.
    /// - Returns: the statement, or nil if there is none or more than one.
    func prepareOnly(_ sql: String) throws(SQLiteFailure) -> SQLiteStatement? {
        var handles: [OpaquePointer] = []
        var code = SQLITE_OK
        sql.withCString { text in
            var rest: UnsafePointer<CChar>? = text
            while code == SQLITE_OK, handles.count < 2, let begin = rest, begin.pointee != 0 {
                var handle: OpaquePointer?
                code = sqlite3_prepare_v2(self.handle, begin, -1, &handle, &rest)
                // A comment or a lone semicolon gives none.
                if let handle { handles.append(handle) }
            }
        }
        guard code == SQLITE_OK, handles.count == 1, let only = handles.first else {
            let failure = code == SQLITE_OK ? nil : SQLiteFailure(code, on: handle)
            for handle in handles { sqlite3_finalize(handle) }
            if let failure { throw failure }
            return nil
        }
        let statement = SQLiteStatement(handle: only, connection: self)
        statements.append(statement)
        return statement
    }

    /// Sets one of SQLite's run-time limits (SQLITE_LIMIT_…).
    func limit(_ limit: Int32, to value: Int32) {
        sqlite3_limit(handle, limit, value)
    }

    /// Ends a statement before the connection ends.
    func discard(_ statement: SQLiteStatement) {
        statement.finalize()
        statements.removeAll { $0 === statement }
    }

    /// Finalises every statement and closes. An open transaction is rolled back.
    func close() {
        for statement in statements { statement.finalize() }
        statements = []
        sqlite3_close(handle)
        handle = nil
    }

    /// Turns a result code into an error.
    func check(_ code: Int32) throws(SQLiteFailure) {
        guard code == SQLITE_OK else { throw SQLiteFailure(code, on: handle) }
    }

    private static func escaped(_ path: String) -> String {
        var text = ""
        for byte in path.utf8 {
            let character = Character(UnicodeScalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "/-_.~".contains(character) {
                text.append(character)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (byte < 16 ? "0" : "") + digits
            }
        }
        return text
    }
}
