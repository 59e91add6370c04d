internal import CRDKafka
public import Pipeline
internal import Synchronization

/// Reads a Kafka topic: as a member of a group, which keeps the positions, or partition by partition, from where the
/// sinks that own positions say.
///
/// Claims leave no gap: what a batch answers for goes from the last batch's end over markers, aborted records and
/// compaction holes to the position after its last record, or to the end of the partition.
public actor KafkaSource: Source {
    private static let patience = Duration.milliseconds(40)
    private static let latePatience = Duration.milliseconds(20)
    // Twice as much took 10 MB more and gave an archive 6 % at most.
    private static let batchBytes = 2 << 20

    let settings: KafkaSourceSettings
    nonisolated let shared: KafkaGroup?
    private nonisolated let executor = ThreadExecutor(name: "kafka source")
    private let counters = Mutex(ConsumerCounters())
    private(set) var session: ConsumerSession?
    private var collector: BatchCollector?
    private var readers = PartitionReaders()
    private var generation = 0
    private var ends: [Int32: Int64]?
    private var isReading = false
    private var pending: [Int32: StartPositions.Start] = [:]
    /// Partitions of which a loss was told: once each, since retention goes on for as long as reading is too slow.
    private var toldLoss: Set<Int32> = []
    /// When the group was last joined anew.
    var rejoinedAt: Duration?
    /// What the last batch took, and an eighth: room for the next.
    private var capacityHint = (bytes: 64 << 10, records: 256)

    /// A thread of its own: reading blocks for milliseconds at a time.
    public nonisolated var thread: ThreadExecutor? { executor }
    /// The thread's.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// The group that the settings name.
    public nonisolated var group: (any ConsumerGroup)? { shared }

    init(_ settings: KafkaSourceSettings) {
        self.settings = settings
        shared = settings.group.map(KafkaGroup.init)
    }

    var topicName: String { settings.connection.topic }

    // MARK: - Opening

    /// Waits for a broker, and decides where each partition begins.
    public func open(_ context: SourceContext) async throws {
        let findings = try await ClusterProbe.find(
            settings.connection, context.stage, kind: RD_KAFKA_CONSUMER, isFirst: true, missing: .accept)
        let session = try ConsumerSession(settings, findings, shared, context)
        take(session)
        try session.checkIsolation()
        if findings.partitions == 0, !settings.endsAtEnd {
            context.stage.log.warning("the topic does not exist; waiting for it", Log.Detail("topic", topicName))
        }
        if settings.endsAtEnd { ends = try await session.bounds(of: Array(0..<findings.partitions)).mapValues(\.high) }
        if session.group == nil {
            pending = try await session.begin(
                settings.partitions.partitions(among: findings.partitions), reset: settings.reset)
            if settings.partitions.isIncomplete(among: findings.partitions), findings.partitions > 0 {
                context.stage.log.warning(
                    "the topic has fewer partitions than were chosen",
                    Log.Detail("partitions", "\(findings.partitions)"))
            }
        }
        session.attendant.start(
            partitions: findings.partitions, discovers: session.group == nil && !settings.endsAtEnd)
    }

    /// Reads by a session from now on.
    func take(_ session: ConsumerSession) {
        collector = BatchCollector(topic: topicName, log: session.client.log)
        self.session = session
        counters.withLock { $0.attendant = session.attendant }
    }

    /// Begins to fetch, or joins the group.
    public func start() async throws {
        guard let session else { return }
        isReading = true
        if session.group == nil {
            try fetchPending(session)
        } else {
            try join(by: session)
        }
    }

    private func fetchPending(_ session: ConsumerSession) throws {
        for (partition, start) in pending.sorted(by: { $0.key < $1.key }) {
            do {
                let queue = try PartitionQueue.reading(
                    partition, from: start.fetched, of: session.topic, session.client)
                session.pipe.watch(queue)
                let reader = PartitionReader(queue: queue, start: start, end: end(of: partition))
                if reader.lost > 0 { toldLoss.insert(partition) }
                readers.all.append(reader)
            } catch {
                throw PipelineError(
                    .internalFault, "cannot read a partition", place: "\(topicName)-\(partition)", reason: error.reason)
            }
        }
        pending = [:]
    }

    /// A partition that was not there at the start has nothing to read before the end it had then.
    private func end(of partition: Int32) -> Int64? {
        ends.map { $0[partition] ?? 0 }
    }

    // MARK: - Reading

    /// Gives what has come, partitions furthest behind first.
    public func next(atMost count: Int) async throws -> SourceOutput {
        try Task.checkCancellation()
        if let former = session?.group, let words = former.ending { try await rejoin(after: former, words) }
        guard let session else { throw CancellationError() }
        try await follow(session)
        let deadline = session.context.stage.clock.now + Self.patience
        while true {
            session.pipe.drain()
            if let batch = try collect(atMost: count, until: deadline, session) { return .batch(batch) }
            if isFinished(session) { return .end }
            let rest = deadline - session.context.stage.clock.now
            guard rest > .zero else { return .batch(Batch(stream: session.stream, claims: [])) }
            session.pipe.wait(rest)
            try await follow(session)
        }
    }

    /// Takes over what the group or the topic has changed.
    private func follow(_ session: ConsumerSession) async throws {
        if let news = session.group?.takeNews() {
            readers.destroy()
            generation = news.generation
            readers.all = news.queues.map { queue in
                let start = news.starts[queue.partition] ?? .init(claimed: 0, fetched: 0)
                return PartitionReader(queue: queue, start: start, end: end(of: queue.partition))
            }
        }
        try await readOn(session)
        if let count = session.attendant.takePartitionCount() {
            let known = Set(readers.all.map(\.partition))
            let new = settings.partitions.partitions(among: count).filter { !known.contains($0) }
            if new.isEmpty { return }
            // Everything in a partition that was not there is new, whatever "offset_reset" says of the others.
            pending = try await session.begin(new, reset: .earliest)
            try fetchPending(session)
            session.context.stage.log.info(
                "reads new partitions", Log.Detail("partitions", new.map { "\($0)" }.joined(separator: ",")))
        }
    }

    /// Goes on with partitions of which the log does not hold the position any more.
    private func readOn(_ session: ConsumerSession) async throws {
        for index in readers.all.indices where readers.all[index].isOutOfRange {
            let (partition, next) = (readers.all[index].partition, readers.all[index].next)
            guard let log = try await session.bounds(of: [partition])[partition] else { continue }
            guard next <= log.high else {
                throw BatchCollector.beginsAnew(topicName, partition, next: next, at: log.high)
            }
            let lost = readers.all[index].skipLost(to: log.low)
            if lost > 0, toldLoss.insert(partition).inserted { session.context.stage.warnOfLoss(lost, of: partition) }
            // In range after all: a leader that has just changed may not know it yet, and is not asked without a pause.
            if lost == 0 { session.pipe.wait(.milliseconds(50)) }
            readers.all[index].queue.end(of: session.topic)
            do {
                let queue = try PartitionQueue.reading(
                    partition, from: readers.all[index].next, of: session.topic, session.client)
                session.pipe.watch(queue)
                readers.all[index].follow(queue)
            } catch {
                readers.all.remove(at: index)
                throw PipelineError(
                    .internalFault, "cannot read a partition", place: "\(topicName)-\(partition)", reason: error.reason)
            }
        }
    }

    private func isFinished(_ session: ConsumerSession) -> Bool {
        guard ends != nil, session.group == nil || generation > 0 else { return false }
        return readers.areFinished
    }

    private func collect(atMost count: Int, until deadline: Duration, _ session: ConsumerSession) throws -> Batch? {
        let clock = session.context.stage.clock
        var builder = BatchBuilder(
            stream: session.stream, capacity: capacityHint.bytes, recordCapacity: min(count, capacityHint.records))
        var passed = [Bool](repeating: false, count: readers.all.count)
        var lateUntil: Duration?
        while builder.recordCount < count, builder.count < Self.batchBytes {
            guard let index = readers.furthestBehind(passed) else { break }
            let taken = try collector?.read(
                &readers.all[index], into: &builder, atMost: count - builder.recordCount,
                room: Self.batchBytes - builder.count)
            if taken != 0 { continue }
            let reader = readers.all[index]
            if reader.isAtEnd || reader.next >= session.client.cachedHigh(topicName, reader.partition) {
                passed[index] = true
                continue
            }
            // Its records are on their way. Others of the same time may go first.
            if readers.hasAnother(atTimeOf: index, passed) {
                passed[index] = true
                continue
            }
            // To read the others first would drive the partitions apart; so what is there goes on, and with nothing
            // there it gets a moment.
            if builder.recordCount > 0 { break }
            let now = clock.now
            let limit = lateUntil ?? min(deadline, now + Self.latePatience)
            lateUntil = limit
            if now >= limit || readers.all[index].isOverdue {
                passed[index] = true
                readers.all[index].isOverdue = true
            } else {
                session.attendant.tell(
                    positions: readers.positions, hungry: readers.hungry(session.client, topicName), gaps: [:])
                session.pipe.wait(min(.milliseconds(1), limit - now))
                // A byte left there would end the next wait at once, and this loop would not wait but spin.
                session.pipe.drain()
            }
        }
        return finish(builder, session)
    }

    private func finish(_ builder: consuming BatchBuilder, _ session: ConsumerSession) -> Batch? {
        session.attendant.tell(
            positions: readers.positions, hungry: readers.hungry(session.client, topicName),
            gaps: collector?.takeGaps() ?? [:])
        let claims = readers.claims
        if claims.isEmpty { return nil }
        if let group = session.group, !group.deliver(claims, generation: generation) { return nil }
        let lost = Int64(claims.reduce(0) { $0 + $1.lost })
        readers.commitClaims()
        let (records, bytes, skipped) = (builder.recordCount, builder.count, collector?.takeHoles() ?? 0)
        capacityHint = (max(64 << 10, bytes + bytes / 8), max(256, records + records / 8))
        counters.withLock { $0.count(records: records, bytes: bytes, skipped: skipped, lost: lost) }
        var batch = builder.finish(claims: claims)
        if session.group != nil { batch.generation = generation }
        return batch
    }

    // MARK: - Hearing and ending

    /// Has a group commit what is acknowledged; whoever owns positions has stored its own, and a group is told for those
    /// who look at its lag.
    public func advance(to watermark: [Int32: Int64]) async {
        session?.group?.acknowledge(watermark)
        session?.lag?.advance(to: watermark)
    }

    /// Commits, leaves the group, and ends the client.
    public func close() async {
        // Runs what is left of this call too; without it the thread would outlive a source that failed to open.
        defer { executor.stop() }
        endSession()
    }

    /// Ends what is read by, and what is read.
    func endSession() {
        guard let session else { return }
        self.session = nil
        shared?.end()
        session.close { readers.destroy() }
        readers = PartitionReaders()
        collector = nil
    }

    /// When a broker last answered; one is asked every second.
    public nonisolated var contact: ServerContact { counters.withLock { $0.contact } }

    /// Records and bytes read, how far behind the log's end, and offsets without a record.
    public nonisolated var measurements: [Measurement] { counters.withLock { $0.measurements } }
}
