import CSQLite

/// Another program on the archive: a connection that keeps a transaction open until it is closed.
final class LongReader {
    private var database: OpaquePointer?

    init(_ path: String, _ begin: String = "BEGIN; SELECT count(*) FROM transactions") throws {
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK,
            sqlite3_exec(database, begin, nil, nil, nil) == SQLITE_OK
        else { throw ArchiveBench.BenchError(message: String(cString: sqlite3_errmsg(database))) }
    }

    func close() {
        sqlite3_close(database)
        database = nil
    }
}
