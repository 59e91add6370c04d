import CSQLite
import Foundation
import Testing

/// Reads an archive by SQLite itself, beside all code of the project.
struct ArchiveFile {
    /// The file cannot be read, or not by this statement.
    struct Unreadable: Error {
        var reason = "cannot be opened"
    }

    let path: String

    /// Rows of a statement, each value as text; NULL is nil.
    func rows(_ statement: String) throws -> [[String?]] {
        var database: OpaquePointer?
        defer { sqlite3_close(database) }
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else { throw Unreadable() }
        sqlite3_busy_timeout(database, 5_000)
        var prepared: OpaquePointer?
        defer { sqlite3_finalize(prepared) }
        guard sqlite3_prepare_v2(database, statement, -1, &prepared, nil) == SQLITE_OK else {
            throw Unreadable(reason: String(cString: sqlite3_errmsg(database)))
        }
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
        guard let number = try rows(statement).first?.first.flatMap({ $0 }).flatMap({ Int($0) }) else {
            throw Unreadable(reason: "no number: \(statement)")
        }
        return number
    }

    /// Waits until another process has archived rows; a minute at most.
    /// - Parameter rows: how many there are already.
    func waitForRows(moreThan rows: Int = 0) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while (try? number("SELECT count(*) FROM transactions")) ?? 0 <= rows {
            try #require(ContinuousClock.now < end, "no rows in \(path)")
            await Task.yield()
        }
    }
}
