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
    let coincidences: SQLiteStatement?
    /// The stored stream; nil until the first `begin`.
    var stream: StreamIdentity?
    /// The stored partitions, as of the open transaction.
    var partitions: [Int32: PartitionLedger] = [:]
    /// The claims written in the open transaction, one a partition.
    var openClaims: [Int32: Claim] = [:]
    private let lock: ArchiveLock
    /// Whether the epochs are this process's.
    var hasTakenOver = false
    /// The schema version of the file as it is committed.
    var version: Int32
    private var positionStatements: PositionStatements?

    /// Opens or makes an archive.
    /// - Parameters:
    ///   - path: its absolute path.
    ///   - lock: its lock, which is given back with the archive, and at once if it cannot be opened.
    ///   - schema: the tables it must have.
    ///   - options: how.
    /// - Throws: ``PipelineError``; the file is as it was then.
    init(path: String, lock: ArchiveLock, schema: ArchiveSchema, options: Options) throws(PipelineError) {
        self.path = path
        self.schema = schema
        self.lock = lock
        let table = BatchTable(columns: schema.batchColumns)
        batchTable = table
        var opened: SQLiteConnection?
        do {
            if try ArchiveFile.inspect(path, isWriting: true) == .empty { try ArchiveFile.create(path) }
            let connection = try SQLiteConnection(path: path, access: .writing)
            opened = connection
            try Self.prepare(connection, path, schema, options)
            // Asked of SQLite: an upgrade that a crash kept from being written back stands in the log alone, where the
            // file's header does not show it.
            version = Int32(truncatingIfNeeded: try connection.integer("PRAGMA user_version") ?? 0)
            try ArchiveFile.checkVersion(version, of: path, isWriting: true)
            try table.register(on: connection)
            let pageSize = try connection.integer("PRAGMA page_size") ?? 0
            writeAheadLog = WriteAheadLog(of: connection, pageSize: Int(pageSize), threshold: options.checkpoint)
            insertion = try connection.prepare(schema.insertion)
            conflicts = try schema.conflicts.map { sql throws(SQLiteFailure) in try connection.prepare(sql) }
            coincidences = try schema.coincidences.map { sql throws(SQLiteFailure) in try connection.prepare(sql) }
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

    /// What another process's writing comes to.
    func fenced(_ what: String) -> PipelineError {
        PipelineError(
            .fenced, what, reason: "another process has written to \(path) since this one took it over or opened it",
            remedy: "One process writes an archive; nothing of this one's open transaction was stored")
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
        try add(PartitionLedger(partition: partition, firstClaimed: position, next: position, epoch: 1))
    }

    /// Stores a partition's first generation, or its next one.
    func add(_ ledger: PartitionLedger) throws(SQLiteFailure) {
        let statement = try connection.prepare(ArchiveSchema.beginning)
        defer { connection.discard(statement) }
        let values = [Int64(ledger.partition), ledger.generation, ledger.firstClaimed, ledger.epoch]
        for (index, value) in values.enumerated() { try statement.bind(value, at: Int32(index + 1)) }
        try statement.run()
        partitions[ledger.partition] = ledger
    }

    /// The statements on the tables that an upgrade makes anew; so they are prepared when they are first needed.
    func statements() throws(SQLiteFailure) -> PositionStatements {
        if let positionStatements { return positionStatements }
        let prepared = try PositionStatements(on: connection)
        positionStatements = prepared
        return prepared
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
        // Without positions every later write fails on the stored ones, which is what an unreadable file deserves.
        try? load()
    }

    /// Reads the stream and where its partitions stand.
    func load() throws(SQLiteFailure) {
        let meta = try connection.prepare("SELECT name, value FROM meta WHERE name IN ('cluster', 'topic')")
        defer { connection.discard(meta) }
        var texts: [String: String] = [:]
        while try meta.step() { texts[meta.text(0)] = meta.text(1) }
        stream = texts["cluster"].flatMap { cluster in
            texts["topic"].map { StreamIdentity(cluster: cluster, topic: $0) }
        }
        partitions = [:]
        let offsets = try connection.prepare(ArchiveSchema.partitions(version: version))
        defer { connection.discard(offsets) }
        while try offsets.step() {
            let partition = Int32(truncatingIfNeeded: offsets.integer(0))
            let last =
                offsets.type(5) == .null
                ? nil
                : RecordMark(
                    offset: offsets.integer(5), timestamp: Timestamp(microseconds: offsets.integer(6)),
                    checksum: UInt32(truncatingIfNeeded: offsets.integer(7)))
            let former = partitions[partition].map { max($0.formerEnd, $0.next) } ?? 0
            partitions[partition] = PartitionLedger(
                partition: partition, generation: offsets.integer(1), firstClaimed: offsets.integer(2),
                next: offsets.integer(3), epoch: offsets.integer(4), formerEnd: former, last: last)
        }
    }
}
