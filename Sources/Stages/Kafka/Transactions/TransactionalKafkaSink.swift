internal import CRDKafka
public import Pipeline
internal import Synchronization

/// Writes records to a Kafka topic in transactions, each of which holds the source's progress too: killed at any moment
/// and started again it goes on with the next record, and a reader of committed records sees each once.
///
/// The progress is a record in a compacted topic under the producer's transactional.id. A producer that starts takes the
/// id over, which fences whoever had it and aborts what that one left open, then reads the progress, and the source goes
/// on there.
public actor TransactionalKafkaSink: PositionOwner {
    private let settings: KafkaSinkSettings
    let transactions: ExactlyOnceSettings
    private nonisolated let executor = ThreadExecutor(name: "kafka sink")
    // Beside the actor, because measurements are read while it works.
    nonisolated let counters = ProducerCounters()
    let turns = Turns()
    private(set) var context: SinkContext?
    private(set) var session: TransactionalSession?
    private var topic: ProgressTopic?
    private var wasConnected = false
    /// Whether the transactional.id is this session's.
    private var hasTakenOver = false
    /// The tenure that this sink has stored, also before it was opened again.
    private var ownTenure: Int64?
    /// What is committed; nil until it was read.
    private(set) var progress: ProducerProgress?
    /// What will be with the open transaction.
    private(set) var staged = ProducerProgress()

    /// The setting `transaction_interval`.
    public nonisolated let flushInterval: Duration?
    /// A thread of its own: to commit is to block.
    public nonisolated var thread: ThreadExecutor? { executor }
    /// The thread's.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ settings: KafkaSinkSettings, _ transactions: ExactlyOnceSettings) {
        self.settings = settings
        self.transactions = transactions
        flushInterval = transactions.interval
    }

    deinit {
        executor.stop()
    }

    // MARK: - Opening

    /// Waits for a broker, creates the topics where they are missing, and makes the producer. Nobody is fenced yet.
    public func open(_ context: SinkContext) async throws {
        self.context = context
        let connection = settings.connection
        let missing: ClusterProbe.MissingTopic = settings.creation.map { .create($0) } ?? .await
        let findings = try await ClusterProbe.find(
            connection, context.stage, kind: RD_KAFKA_PRODUCER, isFirst: !wasConnected, missing: missing)
        if findings.isEmbedded, !transactions.acceptsEmbedded {
            throw PipelineError(
                .configuration, "cannot deliver exactly once to the embedded broker",
                reason: "its transactions hold nothing", remedy: "Use a real Kafka, or \"delivery\": \"at-least-once\"")
        }
        let id = transactions.id ?? Self.defaultID(context.stage, connection.topic)
        let topic = try await progressTopic(id, context.stage)
        let resolved = try connection.resolve()
        let client = try KafkaClient(
            RD_KAFKA_PRODUCER,
            properties: [
                ProducerProperties.common(settings, largestBatch: findings.largestBatch),
                ProducerProperties.transactional(id: id, timeout: transactions.timeout), resolved.properties,
            ],
            events: RD_KAFKA_EVENT_DR, log: ClientLog(context.stage, secrets: resolved.secrets))
        do {
            if !findings.isEmbedded { try topic.check(with: client) }
        } catch {
            client.destroy()
            throw error
        }
        do throws(KafkaError) {
            session = try TransactionalSession(
                client: client, settings, partitions: findings.partitions, progress: topic,
                tenure: ProducerTenure(
                    id: id, topic: connection.topic, timeout: transactions.timeout, context: context.stage),
                context: context)
        } catch {
            client.destroy()
            throw PipelineError(.internalFault, "cannot write to Kafka", reason: error.reason)
        }
        self.topic = topic
        wasConnected = true
    }

    /// The same in every run, and another for every sink that writes beside it.
    private static func defaultID(_ context: StageContext, _ topic: String) -> String {
        "\(context.pipeline).\(context.name).\(topic).\(context.shard)"
    }

    private func progressTopic(_ id: String, _ context: StageContext) async throws -> ProgressTopic {
        let connection = settings.connection.naming(transactions.progressTopic)
        let findings = try await ClusterProbe.find(
            connection, context, kind: RD_KAFKA_CONSUMER, isFirst: !wasConnected,
            missing: .create(ProgressTopic.creation))
        return ProgressTopic(connection, id: id, partitions: findings.partitions)
    }

    /// Takes the transactional.id over, unless the source's questions have led to it already, and stores that this
    /// producer has it.
    public func start() async throws {
        await turns.take()
        defer { turns.end() }
        try takeOver()
        if progress != staged { try store() }
    }

    /// The stream whose progress is stored. Fences nobody where there is one: a source that cannot go on with it leaves a
    /// producer that runs alone.
    public func storedStream() async throws -> StreamIdentity? {
        await turns.take()
        defer { turns.end() }
        // Not to the last record: a killed predecessor's transaction, which only the takeover ends, would be waited for.
        if progress == nil, let stream = try read(to: .stable)?.stream { return stream }
        try takeOver()
        return progress?.stream
    }

    /// The committed positions. From here on this producer has the transactional.id.
    public func storedPositions() async throws -> [Int32: Int64] {
        await turns.take()
        defer { turns.end() }
        try takeOver()
        return progress?.next ?? [:]
    }

    /// Stores the stream and where its new partitions begin, and commits what is open.
    public func begin(_ stream: StreamIdentity, at positions: [Int32: Int64]) async throws {
        await turns.take()
        defer { turns.end() }
        try takeOver()
        try await commit()
        let isNew = staged.stream == nil
        try staged.take(stream)
        staged.next.merge(positions) { stored, _ in stored }
        if progress != staged { try store() }
        tellOfTheBeginning(isNew: isNew, stream)
    }

    private func tellOfTheBeginning(isNew: Bool, _ stream: StreamIdentity) {
        guard let log = context?.stage.log, let topic else { return }
        let details = [
            Log.Detail("transactional_id", topic.id), Log.Detail("progress_topic", topic.connection.topic),
            Log.Detail("stream", stream.topic),
        ]
        if isNew {
            log.info("no progress is stored: this is a new stream", details[0], details[1], details[2])
        } else {
            let next = staged.next.sorted { $0.key < $1.key }.map { "\($0.key)@\($0.value)" }.joined(separator: ",")
            log.info("goes on with a stream", details[0], details[1], details[2], Log.Detail("next", next))
        }
    }

    private func read(to end: ProgressReader.End) throws -> ProducerProgress? {
        guard let topic, let context else { throw CancellationError() }
        return try ProgressReader(topic, context.stage).read(to: end)
    }

    /// In this order: fenced before the reading, a predecessor can commit nothing after it.
    private func takeOver() throws {
        guard !hasTakenOver, let session else { return }
        // One that was away must not take the id from a successor that has begun meanwhile.
        if let ownTenure, let stored = try read(to: .stable), stored.tenure > ownTenure {
            throw Self.succeeded(session)
        }
        try session.takeOver()
        let stored = try read(to: .last)
        if let ownTenure, stored?.tenure != ownTenure { throw Self.succeeded(session) }
        hasTakenOver = true
        progress = stored ?? ProducerProgress()
        staged = stored ?? ProducerProgress()
        staged.tenure += 1
    }

    private static func succeeded(_ session: TransactionalSession) -> PipelineError {
        session.tenure.fence("progress of another one is stored")
    }

    // MARK: - Writing

    /// Writes a batch into the open transaction; commits it when `transaction_records` are in it.
    public func write(_ batch: Batch, receipt: Receipt) async throws {
        await turns.take()
        defer { turns.end() }
        guard let session else { throw CancellationError() }
        do {
            let stored = try staged.advance(over: batch)
            try session.write(batch, receipt, storedBelow: stored)
            let extent = session.extent
            counters.isInFlight(extent.inFlight)
            if extent.records >= transactions.records { try await commit() }
        } catch {
            giveUp()
            throw error
        }
    }

    /// Commits what is written and acknowledges it.
    public func flush() async throws {
        await turns.take()
        defer { turns.end() }
        try await commit()
    }

    /// Commits what is written, behind the barrier. Other calls may come while it waits there; they wait for their turn.
    private func commit() async throws {
        guard let session, let context, let progress, !session.extent.isEmpty else { return }
        do {
            let claims = staged.claims(since: progress)
            if !claims.isEmpty { try await waitForOthers(claims, context, session) }
        } catch {
            giveUp()
            throw error
        }
        try store()
    }

    /// Passes the commit barrier. A transaction that would run out of time there, which would end the producer, is aborted
    /// and written again when the other sinks have come so far.
    private func waitForOthers(
        _ claims: [Claim], _ context: SinkContext, _ session: TransactionalSession
    ) async throws {
        let clock = context.stage.clock
        let waiting = Task { try await context.waitForOthers(claims) }
        let patience = clock.schedule(at: clock.now + transactions.timeout / 4) { waiting.cancel() }
        defer { patience.cancel() }
        do {
            try await withTaskCancellationHandler {
                try await waiting.value
            } onCancel: {
                waiting.cancel()
            }
        } catch is CancellationError {
            try Task.checkCancellation()
            try session.abort()
            context.stage.log.info("aborts its transaction until the other sinks have come so far")
            try await context.waitForOthers(claims)
            try session.writeAgain()
        }
    }

    /// Commits the open transaction with the staged progress.
    private func store() throws {
        guard let session, let context else { return }
        let begin = context.stage.clock.now
        do {
            let written = try session.commit(staged)
            progress = staged
            ownTenure = staged.tenure
            counters.committed(written, in: context.stage.clock.now - begin)
            for writing in written { writing.receipt.acknowledge(rejecting: writing.rejections) }
        } catch {
            giveUp()
            throw error
        }
    }

    private func giveUp() {
        session?.giveUp()
        if let progress { staged = progress }
    }

    /// Gives up what is not committed and ends the producer.
    public func close() async {
        await turns.take()
        defer { turns.end() }
        await session?.close()
        session = nil
        topic = nil
        context = nil
        progress = nil
        hasTakenOver = false
    }

    /// Records and bytes delivered, repetitions, rejected records, and transactions.
    public nonisolated var measurements: [Measurement] { counters.measurements }
}
