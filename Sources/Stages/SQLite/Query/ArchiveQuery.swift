internal import CSQLite
public import Pipeline

/// Reads an archive, also while a runner writes it: on a connection that cannot write, in one consistent view, without
/// making the writer wait.
///
/// Blocks its thread for as long as the query takes: for command-line tools and tests, not for an actor.
public struct ArchiveQuery: Sendable {
    /// How rows are written.
    public enum Format: String, Sendable, CaseIterable {
        /// Aligned columns for people; control characters are escaped.
        case table
        /// RFC 4180: a header, quotes where needed, CRLF. NULL is an empty field, the empty text is `""`. Texts are exact,
        /// unless they are for a terminal.
        case csv
        /// One JSON object a line; control characters are escaped, and read back as they were.
        case json
    }

    private let path: String

    /// Names an archive; opens nothing.
    /// - Parameter path: the archive's file.
    public init(path: String) {
        self.path = ArchiveFile.absolutePath(path)
    }

    /// Runs one SQL statement and writes its rows as they come. In every format a blob that is UTF-8 reads as text and
    /// any other as `x'…'`.
    /// - Parameters:
    ///   - sql: one statement that reads.
    ///   - format: how to write the rows. The table keeps up to 1,000 rows back to find its widths.
    ///   - isForTerminal: whether people look at the rows, so that no text may reach the terminal as a command.
    ///   - output: receives text as it is to be printed, in pieces of some 10 KB; what it throws ends the query.
    /// - Throws: ``PipelineError``: `usage` for SQL that is wrong or would write, `inputOutput` for a file that is not
    ///   there, is no archive or cannot be read.
    public func rows(
        _ sql: String, format: Format, isForTerminal: Bool = false, output: (String) throws(PipelineError) -> Void
    ) throws(PipelineError) {
        let reader = try ArchiveReader(path: path)
        defer { reader.close() }
        let statement = try reader.statement(sql)
        let names = (0..<statement.columnCount).map { statement.columnName($0) }
        var writer: any RowWriter =
            switch format {
            case .table: TableWriter(names)
            case .csv: CSVWriter(names, isForTerminal: isForTerminal)
            case .json: JSONLinesWriter(names)
            }
        var text = ""
        writer.begin(&text)
        var hasMore = true
        while hasMore {
            hasMore = try reader.attempt(sql) { () throws(SQLiteFailure) in
                while try statement.step() {
                    writer.row((0..<statement.columnCount).map { QueryValue(statement, $0) }, &text)
                    if text.utf8.count > 10_000 { return true }
                }
                return false
            }
            if !hasMore { writer.end(&text) }
            try output(text)
            text = ""
        }
    }

    /// Writes what the archive holds, without SQL: rows and their time range, shares by status, type and region,
    /// amounts by currency, dead letters by reason, partitions with their counts. Reads every row once.
    /// - Parameter output: receives text as it is to be printed.
    /// - Throws: ``PipelineError`` (`inputOutput`) for a file that is not there, is no archive or cannot be read.
    public func summary(output: (String) throws(PipelineError) -> Void) throws(PipelineError) {
        let reader = try ArchiveReader(path: path)
        defer { reader.close() }
        let summary = try reader.attempt("summary") { () throws(SQLiteFailure) in
            try ArchiveSummary(of: reader.connection)
        }
        try output(SummaryText(path: path, summary).text)
    }
}
