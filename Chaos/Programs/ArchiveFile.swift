import CSQLite

/// The archive of a round, seen by SQLite alone, beside all code of the project.
struct ArchiveFile {
    let path: String

    /// How far it has come: the sum of its partitions' next positions; nil while there is nothing to read.
    var progress: Int? { number("SELECT sum(next) FROM offsets") }

    /// Rows.
    var rows: Int? { number("SELECT count(*) FROM transactions") }

    /// Records of the log that were there already: twice in the log, once here.
    var repeated: Int? { number("SELECT sum(repeated) FROM offsets") }

    /// Holds a transaction open.
    /// - Parameters:
    ///   - begin: how it begins.
    ///   - body: what is done meanwhile.
    /// - Returns: whether it got the transaction; `body` was called only then.
    func withTransaction(_ begin: String, _ body: () throws -> Void) rethrows -> Bool {
        var database: OpaquePointer?
        defer { sqlite3_close(database) }
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else { return false }
        sqlite3_busy_timeout(database, 5_000)
        guard sqlite3_exec(database, begin, nil, nil, nil) == SQLITE_OK else { return false }
        defer { sqlite3_exec(database, "ROLLBACK", nil, nil, nil) }
        try body()
        return true
    }

    private func number(_ sql: String) -> Int? {
        var database: OpaquePointer?
        defer { sqlite3_close(database) }
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else { return nil }
        sqlite3_busy_timeout(database, 1_000)
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK,
            sqlite3_step(statement) == SQLITE_ROW, sqlite3_column_type(statement, 0) == SQLITE_INTEGER
        else { return nil }
        return Int(sqlite3_column_int64(statement, 0))
    }
}
