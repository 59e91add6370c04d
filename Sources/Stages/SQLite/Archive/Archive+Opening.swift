internal import Pipeline

extension Archive {
    /// Makes the tables of a new file, compares those of another, and sets what holds for the connection.
    static func prepare(
        _ connection: SQLiteConnection, _ path: String, _ schema: ArchiveSchema, _ options: Options
    ) throws {
        let timeout = Int(options.busyTimeout / .milliseconds(1))
        try connection.execute(
            """
            PRAGMA busy_timeout = \(timeout);
            PRAGMA page_size = \(options.pageSize);
            PRAGMA synchronous = \(options.synchronous.rawValue);
            PRAGMA temp_store = MEMORY;
            """)
        // Made under a rollback journal and only then switched to the write-ahead log: the header of the file itself
        // tells what it is from the first moment, and a crash in between leaves an empty file.
        if try connection.integer("SELECT count(*) FROM sqlite_schema") == 0 {
            try connection.execute("BEGIN IMMEDIATE; \(schema.creation)")
            let meta = try connection.prepare("INSERT INTO meta (name, value) VALUES ('created_by', 'sluice')")
            defer { connection.discard(meta) }
            try meta.run()
            try connection.execute("COMMIT")
        }
        try check(connection, path, schema)
        try connection.execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA wal_autocheckpoint = 0;
            PRAGMA journal_size_limit = \(options.checkpoint);
            """)
    }

    private static func check(_ connection: SQLiteConnection, _ path: String, _ schema: ArchiveSchema) throws {
        let statement = try connection.prepare(ArchiveSchema.tableSignature)
        defer { connection.discard(statement) }
        try statement.bind(schema.storage, at: 1)
        let found = try statement.step() ? statement.text(0) : ""
        statement.reset()
        guard found != schema.signature else { return }
        throw PipelineError(
            .configuration, "cannot open the archive \(path)",
            reason: found.isEmpty
                ? "it has no table \"\(schema.table)\""
                : "its table \"\(schema.storage)\" has the columns \(found), the pipeline asks for \(schema.signature)",
            remedy: "Name another file, or set table and columns as the archive has them; it was left as it is")
    }

    /// What an opening throws, in the words of the pipeline.
    static func openingError(_ error: any Error, _ path: String) -> PipelineError {
        switch error {
        case let error as PipelineError: error
        case let failure as SQLiteFailure: PipelineError(failure, "cannot open the archive \(path)", path: path)
        default: PipelineError(.internalFault, "cannot open the archive \(path)", reason: "\(error)")
        }
    }
}
