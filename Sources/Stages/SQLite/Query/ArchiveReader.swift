internal import CSQLite
internal import Glibc
internal import Pipeline

/// An archive opened for reading only.
final class ArchiveReader {
    /// What it is opened for.
    enum Purpose {
        /// Statements that all see the archive as it was when it was opened.
        case querying
        /// `VACUUM INTO`, which is a transaction of its own and attaches the file that it writes.
        case copying
    }

    let connection: SQLiteConnection
    private let path: String

    /// - Parameters:
    ///   - path: the archive's absolute path.
    ///   - purpose: what it is opened for.
    /// - Throws: ``PipelineError`` (`inputOutput`) if it is not there, is no archive or cannot be read.
    init(path: String, purpose: Purpose = .querying) throws(PipelineError) {
        self.path = path
        guard try ArchiveFile.inspect(path, isWriting: false) == .archive else {
            throw PipelineError(
                .inputOutput, "cannot read the archive \(path)",
                reason: access(path, F_OK) == 0 ? "it is empty" : "there is no such file",
                remedy: "Check the path; a pipeline with a sqlite sink makes the file when it begins to run")
        }
        do {
            connection = try Self.open(path, purpose)
        } catch {
            throw PipelineError(error, "cannot read the archive \(path)", path: path)
        }
    }

    /// Closes the file.
    func close() {
        connection.close()
    }

    /// Prepares a person's SQL.
    func statement(_ sql: String) throws(PipelineError) -> SQLiteStatement {
        let statement = try attempt(sql) { () throws(SQLiteFailure) in try connection.prepareOnly(sql) }
        guard let statement else {
            throw PipelineError(
                .usage, "cannot run the query", reason: "it must be one SQL statement",
                remedy: "Give one SELECT; without SQL a summary is shown")
        }
        guard statement.isReadOnly else {
            throw PipelineError(
                .usage, "cannot run the query", reason: "it would write, and the archive is only read here",
                remedy: "Give a SELECT; to change data, copy the archive first")
        }
        return statement
    }

    /// Does something and turns SQLite's failure into an error of the query or of the file.
    func attempt<Result>(_ sql: String, _ body: () throws(SQLiteFailure) -> Result) throws(PipelineError) -> Result {
        do {
            return try body()
        } catch {
            switch error.primaryCode {
            case SQLITE_ERROR, SQLITE_MISMATCH, SQLITE_RANGE, SQLITE_TOOBIG, SQLITE_READONLY, SQLITE_AUTH:
                throw PipelineError(.usage, "cannot run the query", reason: error.message, remedy: tables)
            default:
                throw PipelineError(error, "cannot read the archive \(path)", path: path)
            }
        }
    }

    private var tables: String? {
        let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name"
        let names = try? connection.texts(sql)
        return names.map { "The archive has the tables \($0.joined(separator: ", "))" }
    }

    private static func open(_ path: String, _ purpose: Purpose) throws(SQLiteFailure) -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, access: .reading)
        do {
            try settle(connection, purpose)
            return connection
        } catch {
            connection.close()
            // A finished archive in a folder where nothing can be written: the shared memory that readers and a writer
            // need cannot be made. No log beside it means that no writer is at work, and none can begin there.
            let isFinished = access(path + "-wal", F_OK) != 0 && access(path, R_OK) == 0
            guard isFinished, [SQLITE_CANTOPEN, SQLITE_READONLY].contains(error.primaryCode) else { throw error }
        }
        let finished = try SQLiteConnection(path: path, access: .immutable)
        do {
            try settle(finished, purpose)
            return finished
        } catch {
            finished.close()
            throw error
        }
    }

    private static func settle(_ connection: SQLiteConnection, _ purpose: Purpose) throws(SQLiteFailure) {
        try connection.execute("PRAGMA busy_timeout = 5000")
        if purpose == .querying {
            // Without a database to attach there is no other file to read, nor one that VACUUM INTO could write.
            connection.limit(SQLITE_LIMIT_ATTACHED, to: 0)
            try connection.execute("PRAGMA query_only = 1; BEGIN")
        }
        // Begins the view: everything after sees the archive as it is now.
        _ = try connection.integer("SELECT count(*) FROM sqlite_schema")
    }
}
