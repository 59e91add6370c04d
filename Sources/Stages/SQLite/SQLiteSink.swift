public import Pipeline

/// Archives each record exactly once in a SQLite file that anyone can query meanwhile: rows, the stream's positions and
/// dead letters stand in the same transaction.
///
/// SQLite's calls block, so the actor has a thread of its own.
public actor SQLiteSink: PositionOwner {
    /// The declaration of the stage type.
    public static let definition = StageDefinition(
        .sink, "sqlite",
        summary: "Archives each record exactly once in a SQLite file, with the positions it goes on from.",
        settings: SQLiteSettings.all,
        example: """
            { "type": "sqlite", "path": "transactions.db",
              "columns": [
                { "name": "transaction_id", "key": true },
                { "name": "amount", "type": "real" },
                { "name": "status", "field": "status_code" }
              ] }
            """,
        traits: { values in
            StageDefinition.Traits(
                ownsPositions: true, takesDeadLetters: true,
                exclusiveResource: ArchiveFile.absolutePath(values[SQLiteSettings.path]))
        },
        make: { name, values in .sink(SQLiteSink(name: name, values)) })

    private struct Written {
        var receipt: Receipt
        var outcome: Archive.Outcome
    }

    /// The fields of the columns; a record without one of them is dead.
    public nonisolated let fields: [FieldNeed]
    /// The setting `batch_interval`.
    public nonisolated let flushInterval: Duration?
    /// A thread of its own: SQLite's calls block.
    public nonisolated var thread: ThreadExecutor? { executor }
    /// The thread's.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let executor: ThreadExecutor
    // Beside the actor, because measurements are read while it works.
    private nonisolated let counters = SQLiteCounters()
    private let name: String
    private let path: String
    private let schema: ArchiveSchema
    private let options: Archive.Options
    private let whenLocked: SQLiteSettings.WhenLocked
    private let batchRecords: Int
    private var context: SinkContext?
    private var archive: Archive?
    private var written: [Written] = []
    private var writtenRecords = 0
    private var isReaderReported = false
    private let turns = Turns()

    init(name: String, _ values: SettingValues) {
        self.name = name
        path = ArchiveFile.absolutePath(values[SQLiteSettings.path])
        schema = ArchiveSchema(table: values[SQLiteSettings.table], columns: values[SQLiteSettings.columns])
        options = Archive.Options(
            synchronous: values[SQLiteSettings.synchronous], pageSize: values[SQLiteSettings.pageSize],
            checkpoint: values[SQLiteSettings.checkpoint], busyTimeout: values[SQLiteSettings.busyTimeout])
        whenLocked = values[SQLiteSettings.whenLocked]
        batchRecords = values[SQLiteSettings.batchRecords]
        flushInterval = values[SQLiteSettings.batchInterval]
        fields = schema.columns.map { FieldNeed($0.field, type: $0.type, isRequired: true) }
        executor = ThreadExecutor(name: "sqlite")
    }

    deinit {
        executor.stop()
    }

    /// Takes the archive's lock and opens it, or makes it. A file that is not an archive of this form stays as it is.
    /// With `when_locked` at `wait` it returns when the archive is free, or the task is cancelled.
    public func open(_ context: SinkContext) async throws {
        self.context = context
        let standby = ArchiveStandby(path: path, whenLocked: whenLocked, context: context.stage)
        archive = try Archive(path: path, lock: try await standby.takeLock(), schema: schema, options: options)
    }

    // Asynchronous, though nothing waits in it: instead of a synchronous one a caller who knows the type would get the
    // default implementation of Sink, which an asynchronous context prefers.
    /// Takes over: whoever wrote before and still runs is fenced from here on.
    public func start() async throws {
        try opened().takeOver()
    }

    /// The stream whose positions are stored, or nil in a new archive.
    public func storedStream() throws -> StreamIdentity? {
        try opened().stream
    }

    /// The stored next position of each partition.
    public func storedPositions() throws -> [Int32: Int64] {
        try opened().partitions.mapValues(\.next)
    }

    /// The offset, time and checksum of the last record of each partition.
    public func storedMarks() async throws -> [Int32: RecordMark] {
        try opened().partitions.compactMapValues(\.last)
    }

    /// Stores which stream this is and where its partitions begin. Commits what is open first, behind the commit
    /// barrier.
    public func begin(_ stream: StreamIdentity, at positions: [Int32: Int64]) async throws {
        await turns.take()
        defer { turns.end() }
        try await commit()
        try opened().begin(stream, at: positions)
    }

    /// Begins the next generation of partitions: their counts so far stay as history, their rows where they are.
    public func beginAnew(_ stream: StreamIdentity, at positions: [Int32: Int64]) async throws {
        await turns.take()
        defer { turns.end() }
        try await commit()
        try opened().beginAnew(stream, at: positions)
    }

    /// Writes a batch into the open transaction; commits it when `batch_records` are in it.
    public func write(_ batch: Batch, receipt: Receipt) async throws {
        await turns.take()
        defer { turns.end() }
        let outcome: Archive.Outcome
        do {
            outcome = try opened().write(
                batch, takesDeadLetters: context?.takesDeadLetters ?? false, stage: name)
        } catch {
            forget()
            throw error
        }
        written.append(Written(receipt: receipt, outcome: outcome))
        writtenRecords += batch.records.count + batch.dead.count
        if writtenRecords >= batchRecords { try await commit() }
    }

    /// Commits what is written and acknowledges it.
    public func flush() async throws {
        await turns.take()
        defer { turns.end() }
        try await commit()
    }

    /// Rolls back what is not committed, closes the file and gives its lock back.
    public func close() async {
        await turns.take()
        defer { turns.end() }
        forget()
        archive?.close()
        archive = nil
        context = nil
    }

    /// Rows, repetitions, dead records, transactions, how long their commits took, and the write-ahead log's size.
    public nonisolated var measurements: [Measurement] { counters.measurements }

    private func opened() throws(PipelineError) -> Archive {
        guard let archive else {
            throw PipelineError(.internalFault, "cannot use the archive \(path)", reason: "it is not open")
        }
        return archive
    }

    /// Commits behind the barrier. Other calls may come while it waits there; they wait for their turn.
    private func commit() async throws {
        guard !written.isEmpty, let context, let archive else { return }
        do {
            if !archive.openClaims.isEmpty {
                try await context.waitForOthers(archive.openClaims.values.sorted { $0.partition < $1.partition })
            }
            let begin = context.stage.clock.now
            try archive.commit()
            counters.committed(in: context.stage.clock.now - begin, logSize: archive.writeAheadLog.size)
        } catch {
            archive.rollBack()
            forget()
            throw error
        }
        for entry in written {
            counters.wrote(entry.outcome)
            entry.receipt.acknowledge(rejecting: entry.outcome.rejections)
        }
        forget()
        writeBack(archive, context.stage.log)
    }

    /// What is written is durable by now, so a failure here costs room and no record: it is told, not thrown.
    private func writeBack(_ archive: Archive, _ log: Log) {
        do {
            switch try archive.writeAheadLog.checkpointIfDue() {
            case .notDue: break
            case .complete: isReaderReported = false
            case .heldBack:
                guard !isReaderReported else { break }
                isReaderReported = true
                log.warning(
                    "a reader that began long ago keeps the write-ahead log from being written back; it grows",
                    .init("bytes", "\(archive.writeAheadLog.size)"))
            }
        } catch {
            log.warning(
                "cannot write the write-ahead log back; it grows",
                .init("bytes", "\(archive.writeAheadLog.size)"), .init("error", error.message))
        }
    }

    private func forget() {
        written = []
        writtenRecords = 0
    }
}
