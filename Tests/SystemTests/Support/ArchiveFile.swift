import CSQLite
import Foundation
import Testing

/// Reads an archive by SQLite itself, beside all code of the project.
struct ArchiveFile {
    let path: String

    /// Rows of a statement, each value as text; NULL is nil.
    func rows(_ statement: String) throws -> [[String?]] {
        var database: OpaquePointer?
        try #require(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, nil) == SQLITE_OK)
        defer { sqlite3_close(database) }
        sqlite3_busy_timeout(database, 5_000)
        var prepared: OpaquePointer?
        try #require(
            sqlite3_prepare_v2(database, statement, -1, &prepared, nil) == SQLITE_OK,
            "\(String(cString: sqlite3_errmsg(database)))")
        defer { sqlite3_finalize(prepared) }
        var rows: [[String?]] = []
        while sqlite3_step(prepared) == SQLITE_ROW {
            rows.append(
                (0..<sqlite3_column_count(prepared)).map { column in
                    sqlite3_column_text(prepared, column).map { String(cString: $0) }
                })
        }
        return rows
    }

    /// The one number a statement gives.
    func number(_ statement: String) throws -> Int {
        try #require(try rows(statement).first?.first.flatMap { $0 }.flatMap { Int($0) })
    }
}
