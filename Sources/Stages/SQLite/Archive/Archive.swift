internal import CSQLite
internal import Pipeline

/// An archive opened for writing: the lock, the one writing connection, and what the tables say of the stream.
///
/// Not `Sendable`: it belongs to the actor that opened it. After an error of `write` or `commit` it can only be closed;
/// opened again it goes on where the last commit left the file.
final class Archive {
    /// How an archive is opened.
    struct Options: Sendable {
        var synchronous = SQLiteSettings.Synchronous.full
        var pageSize = 65_536
        var checkpoint = 128 << 20
        var busyTimeout = Duration.seconds(5)
    }

    let path: String
    let schema: ArchiveSchema
    let connection: SQLiteConnection
    let batchTable: BatchTable
    let writeAheadLog: WriteAheadLog
    let insertion: SQLiteStatement
    let conflicts: SQLiteStatement?
    let advance: SQLiteStatement
    let deadLetter: SQLiteStatement
    /// The stored stream; nil until the first `begin`.
    private(set) var stream: StreamIdentity?
    /// The stored partitions, as of the open transaction.
    var partitions: [Int32: PartitionLedger] = [:]
    /// The claims written in the open transaction, one a partition.
    var openClaims: [Int32: Claim] = [:]
    private let lock: ArchiveLock
    private var hasTakenOver = false

    /// Opens or makes an archive and takes its lock.
    /// - Parameters:
    ///   - path: its absolute path.
    ///   - schema: the tables it must have.
    ///   - options: how.
    /// - Throws: ``PipelineError``; the file is as it was then.
    init(path: String, schema: ArchiveSchema, options: Options) throws(PipelineError) {
        self.path = path
        self.schema = schema
        lock = try ArchiveLock(beside: path)
        let table = BatchTable(columns: schema.batchColumns)
        batchTable = table
        var opened: SQLiteConnection?
        do {
            if try ArchiveFile.inspect(path, isWriting: true) == .empty { try ArchiveFile.create(path) }
            let connection = try SQLiteConnection(path: path, access: .writing)
            opened = connection
            try Self.prepare(connection, path, schema, options)
            try table.register(on: connection)
            let pageSize = try connection.integer("PRAGMA page_size") ?? 0
            writeAheadLog = WriteAheadLog(of: connection, pageSize: Int(pageSize), threshold: options.checkpoint)
            insertion = try connection.prepare(schema.insertion)
            conflicts = try schema.conflicts.map { sql throws(SQLiteFailure) in try connection.prepare(sql) }
            advance = try connection.prepare(ArchiveSchema.advance)
            deadLetter = try connection.prepare(ArchiveSchema.deadLetter)
            self.connection = connection
        } catch {
            opened?.close()
            lock.release()
            throw Self.openingError(error, path)
        }
        do {
            try load()
        } catch {
            close()
            throw Self.openingError(error, path)
        }
    }

    /// Rolls back what is not committed, closes the file and gives the lock back. SQLite writes the log back and
    /// removes it when no reader is left.
    func close() {
        connection.close()
        lock.release()
    }

    /// Becomes the one whose claims are taken: whoever wrote before is fenced from here on.
    func takeOver() throws(PipelineError) {
        guard !hasTakenOver else { return }
        try attempt("cannot take the archive over") { () throws(SQLiteFailure) in
            try beginTransaction()
            try raiseEpochs()
            try connection.execute("COMMIT")
        }
        hasTakenOver = true
    }

    /// Stores the stream and where its new partitions begin; see ``PositionOwner/begin(_:at:)``. No transaction may be
    /// open.
    func begin(_ stream: StreamIdentity, at positions: [Int32: Int64]) throws(PipelineError) {
        try checkStream(stream)
        let new = positions.filter { partitions[$0.key] == nil }
        guard !hasTakenOver || self.stream == nil || !new.isEmpty else { return }
        try attempt("cannot store where to begin") { () throws(SQLiteFailure) in
            try beginTransaction()
            if !hasTakenOver { try raiseEpochs() }
            try store(stream)
            for (partition, position) in new.sorted(by: { $0.key < $1.key }) {
                try add(partition, at: position)
            }
            try connection.execute("COMMIT")
        }
        hasTakenOver = true
    }

    /// Refuses records of another stream.
    func checkStream(_ stream: StreamIdentity) throws(PipelineError) {
        guard let stored = self.stream, stored != stream else { return }
        throw PipelineError(
            .configuration, "cannot archive the topic \(stream.topic) of \(stream.cluster) in \(path)",
            reason: "the file is the archive of the topic \(stored.topic) of \(stored.cluster)",
            remedy: "Name another file; this one was left as it is")
    }

    /// Commits the open transaction, if there is one.
    func commit() throws(PipelineError) {
        try attempt("cannot commit") { () throws(SQLiteFailure) in
            if !connection.isAutocommit { try connection.execute("COMMIT") }
        }
        openClaims = [:]
    }

    /// Begins a transaction unless one is open. IMMEDIATE: it waits for the lock here and not in mid-transaction, where
    /// SQLite could only give up.
    func beginTransaction() throws(SQLiteFailure) {
        if connection.isAutocommit { try connection.execute("BEGIN IMMEDIATE") }
    }

    /// Stores a partition that is not there yet.
    func add(_ partition: Int32, at position: Int64) throws(SQLiteFailure) {
        try insert(
            "INSERT INTO offsets (partition, first_claimed, next, epoch) VALUES (?1, ?2, ?2, 1)",
            Int64(partition), position)
        partitions[partition] = PartitionLedger(
            partition: partition, firstClaimed: position, next: position, epoch: 1)
    }

    /// Stores the stream in a new archive, whose rows show its topic from then on.
    func store(_ stream: StreamIdentity) throws(SQLiteFailure) {
        guard self.stream == nil else { return }
        for (name, value) in [("cluster", stream.cluster), ("topic", stream.topic)] {
            let statement = try connection.prepare("INSERT INTO meta (name, value) VALUES (?1, ?2)")
            defer { connection.discard(statement) }
            try statement.bind(name, at: 1)
            try statement.bind(value, at: 2)
            try statement.run()
        }
        self.stream = stream
    }

    /// Does something and turns SQLite's failure into the pipeline's error; what was begun is rolled back, unless
    /// SQLite has done so by itself.
    func attempt<Result>(
        _ what: String, _ body: () throws(SQLiteFailure) -> Result
    ) throws(PipelineError) -> Result {
        do {
            return try body()
        } catch {
            rollBack()
            throw PipelineError(error, what, path: path)
        }
    }

    /// Takes back what is not committed, and reads again where the partitions stand.
    func rollBack() {
        // Its own failure says nothing new: closing the connection takes the transaction back as well.
        if !connection.isAutocommit { try? connection.execute("ROLLBACK") }
        openClaims = [:]
        partitions = [:]
        // Without positions every later write fails on the stored ones, which is what an unreadable file deserves.
        try? load()
    }

    private func raiseEpochs() throws(SQLiteFailure) {
        try connection.execute("UPDATE offsets SET epoch = epoch + 1")
        for partition in partitions.keys { partitions[partition]?.epoch += 1 }
    }

    private func insert(_ sql: String, _ values: Int64...) throws(SQLiteFailure) {
        let statement = try connection.prepare(sql)
        defer { connection.discard(statement) }
        for (index, value) in values.enumerated() { try statement.bind(value, at: Int32(index + 1)) }
        try statement.run()
    }

    private func load() throws(SQLiteFailure) {
        let meta = try connection.prepare("SELECT name, value FROM meta WHERE name IN ('cluster', 'topic')")
        defer { connection.discard(meta) }
        var texts: [String: String] = [:]
        while try meta.step() { texts[meta.text(0)] = meta.text(1) }
        stream = texts["cluster"].flatMap { cluster in
            texts["topic"].map { StreamIdentity(cluster: cluster, topic: $0) }
        }
        let offsets = try connection.prepare("SELECT partition, first_claimed, next, epoch FROM offsets")
        defer { connection.discard(offsets) }
        while try offsets.step() {
            let partition = Int32(truncatingIfNeeded: offsets.integer(0))
            partitions[partition] = PartitionLedger(
                partition: partition, firstClaimed: offsets.integer(1), next: offsets.integer(2),
                epoch: offsets.integer(3))
        }
    }

    private static func prepare(
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

    private static func openingError(_ error: any Error, _ path: String) -> PipelineError {
        switch error {
        case let error as PipelineError: error
        case let failure as SQLiteFailure: PipelineError(failure, "cannot open the archive \(path)", path: path)
        default: PipelineError(.internalFault, "cannot open the archive \(path)", reason: "\(error)")
        }
    }
}
