internal import CRDKafka
public import Pipeline
internal import Synchronization

/// Writes records to a Kafka topic in transactions, each of which holds the source's progress too: killed at any moment
/// and started again it goes on with the next record, and a reader of committed records sees each once.
///
/// The progress is a record in a compacted topic under the producer's transactional.id. A producer that starts takes the
/// id over, which fences whoever had it and aborts what that one left open, then reads the progress, and the source goes
/// on there. Behind a source that is a member of a group the progress is the group's offsets: whoever has the partition
/// next goes on behind what was committed.
public actor TransactionalKafkaSink: PositionOwner {
    private let settings: KafkaSinkSettings
    let transactions: ExactlyOnceSettings
    private nonisolated let executor = ThreadExecutor(name: "kafka sink")
    // Beside the actor, because measurements are read while it works.
    nonisolated let counters = ProducerCounters()
    // The client's of the present session, beside the actor for the same reason.
    private let log = Mutex<ClientLog?>(nil)
    let turns = Turns()
    private(set) var context: SinkContext?
    private(set) var session: TransactionalSession?
    /// Where the progress is kept; nil where a group keeps it.
    private(set) var topic: ProgressTopic?
    /// The group that keeps it.
    private var group: GroupTenure?
    private var wasConnected = false
    /// Whether the transactional.id is this session's.
    private var hasTakenOver = false
    /// The tenure that this sink has stored, also before it was opened again.
    private var ownTenure: Int64?
    /// What is committed; nil until it was read.
    private(set) var progress: ProducerProgress?
    /// What will be with the open transaction.
    var staged = ProducerProgress()

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
        let id = transactions.id(in: context, topic: connection.topic)
        group = context.group.map { GroupTenure($0) }
        let topic = group == nil ? try await progressTopic(id, context.stage) : nil
        let resolved = try connection.resolve()
        let client = try KafkaClient(
            RD_KAFKA_PRODUCER,
            properties: [
                ProducerProperties.common(settings, largestBatch: findings.largestBatch),
                ProducerProperties.transactional(id: id, timeout: transactions.timeout), resolved.properties,
            ],
            events: RD_KAFKA_EVENT_DR, log: ClientLog(context.stage, secrets: resolved.secrets))
        do {
            if !findings.isEmbedded { try topic?.check(with: client) }
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
        log.withLock { $0 = client.log }
        self.topic = topic
        wasConnected = true
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

    func read(to end: ProgressReader.End) throws -> ProducerProgress? {
        guard let topic, let context else { throw CancellationError() }
        return try ProgressReader(topic, context.stage).read(to: end)
    }

    /// In this order: fenced before the reading, a predecessor can commit nothing after it.
    func takeOver() throws {
        guard !hasTakenOver, let session else { return }
        guard group == nil else { return try join(session) }
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

    /// Takes the id over, and what the group has committed of an assignment that is there already: a sink that is opened
    /// again does not know how its last commit ended.
    private func join(_ session: TransactionalSession) throws {
        try session.takeOver()
        progress = ProducerProgress()
        staged = ProducerProgress()
        if let assignment = group?.follow() {
            let committed = try group?.group.committedPositions(of: Array(assignment.starts.keys)) ?? [:]
            begin(assignment.starts.merging(committed) { _, committed in committed })
        }
        hasTakenOver = true
        context?.stage.log.info(
            "commits for the source's group", Log.Detail("transactional_id", session.tenure.id),
            Log.Detail("group", group?.group.name ?? ""))
    }

    private func begin(_ positions: [Int32: Int64]) {
        progress = ProducerProgress(next: positions)
        staged = ProducerProgress(next: positions)
    }

    // MARK: - Writing

    /// Writes a batch into the open transaction; commits it when `transaction_records` are in it.
    public func write(_ batch: Batch, receipt: Receipt) async throws {
        await turns.take()
        defer { turns.end() }
        guard let session else { throw CancellationError() }
        do {
            try followGroup()
            if let group, !group.covers(batch) {
                counters.gaveBack(batch.records.count)
                receipt.acknowledge()
                return
            }
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

    /// Gives back what the group has taken away, and begins with what it gives.
    private func followGroup() throws {
        guard let group else { return }
        if group.hasEnded { try giveBack() }
        if let assignment = self.group?.follow() { begin(assignment.starts) }
    }

    /// Aborts what is written: its records are another member's to deliver.
    private func giveBack() throws {
        group?.end()
        for writing in try session?.giveBack() ?? [] {
            counters.gaveBack(writing.batch.records.count)
            writing.receipt.acknowledge(rejecting: writing.rejections)
        }
        if let progress { staged = progress }
    }

    /// Commits what is written and acknowledges it.
    public func flush() async throws {
        await turns.take()
        defer { turns.end() }
        try await commit()
    }

    /// Commits what is written, behind the barrier. Other calls may come while it waits there; they wait for their turn.
    func commit() async throws {
        guard let session, let context, let progress, !session.extent.isEmpty else { return }
        do {
            let claims = staged.claims(since: progress)
            if !claims.isEmpty { try await waitForOthers(claims, context, session) }
            try followGroup()
        } catch {
            giveUp()
            throw error
        }
        if !session.extent.isEmpty { try store() }
    }

    /// Commits the open transaction with the staged progress.
    func store() throws {
        guard let session, let context else { return }
        let begin = context.stage.clock.now
        do {
            let written = try session.commit(entry)
            progress = staged
            ownTenure = staged.tenure
            counters.committed(written, in: context.stage.clock.now - begin)
            for writing in written { writing.receipt.acknowledge(rejecting: writing.rejections) }
        } catch is MembershipLoss {
            try giveBack()
        } catch {
            giveUp()
            throw error
        }
    }

    private var entry: ProgressEntry {
        guard let assignment = group?.assignment else { return .record(staged) }
        let moved = staged.next.filter { progress?.next[$0.key] != $0.value }
        return .offsets(
            .init(topic: staged.stream?.topic ?? "", next: moved, membership: assignment.membership))
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
        group = nil
        context = nil
        progress = nil
        hasTakenOver = false
    }

    /// When a broker last answered; one is asked where nothing is written for a second.
    public nonisolated var contact: ServerContact { log.withLock { $0 }?.contact ?? .awaited }

    /// Records and bytes delivered, repetitions, rejected records, and transactions.
    public nonisolated var measurements: [Measurement] { counters.measurements }
}
