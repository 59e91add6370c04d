internal import CSQLite
internal import Pipeline

/// What SQLite answered when it did not do as told. Its message names tables and columns, never a value.
struct SQLiteFailure: Error {
    /// The extended result code (https://www.sqlite.org/rescode.html).
    let code: Int32
    /// SQLite's own words.
    let message: String

    /// - Parameters:
    ///   - code: the extended result code.
    ///   - database: the connection that gave it, for its words; nil where there is none.
    init(_ code: Int32, on database: OpaquePointer?) {
        self.code = code
        if let database, sqlite3_extended_errcode(database) == code {
            message = String(cString: sqlite3_errmsg(database))
        } else {
            message = String(cString: sqlite3_errstr(code))
        }
    }

    /// The code without its extension.
    var primaryCode: Int32 { code & 0xff }

    /// Whether the cause lies around the archive and may pass: a full disk, a lock, a failing device.
    var mayPass: Bool {
        // PROTOCOL: the locks of the write-ahead log changed hands too often to get one.
        [
            SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM, SQLITE_CANTOPEN, SQLITE_PROTOCOL,
        ].contains(primaryCode)
    }
}

extension PipelineError {
    /// An archive's failure in the words of the pipeline.
    /// - Parameters:
    ///   - failure: what SQLite answered.
    ///   - what: what could not be done.
    ///   - path: the archive.
    init(_ failure: SQLiteFailure, _ what: String, path: String) {
        let reason = "\(failure.message) (SQLite \(failure.code))"
        switch failure.primaryCode {
        case SQLITE_FULL:
            self.init(
                .inputOutput, what, reason: reason, remedy: "Make room on the disk that holds \(path)",
                isRetriable: true)
        case SQLITE_BUSY, SQLITE_LOCKED:
            self.init(
                .inputOutput, what, reason: reason,
                remedy: "Another program holds a lock on \(path); let it finish, or raise busy_timeout",
                isRetriable: true)
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            self.init(
                .inputOutput, what, reason: reason,
                remedy: "Keep a copy of \(path) and its -wal file, then restore a backup or archive into a new file")
        case SQLITE_READONLY:
            self.init(
                .inputOutput, what, reason: reason, remedy: "Give the runner write permission on \(path) and its folder"
            )
        case SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_ERROR, SQLITE_MISUSE:
            self.init(.internalFault, what, reason: reason)
        default:
            self.init(.inputOutput, what, reason: reason, isRetriable: failure.mayPass)
        }
    }
}
