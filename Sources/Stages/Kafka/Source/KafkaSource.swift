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
    /// Messages that wait for each partition, the memory for all of them, and how much one answer brings for a partition
    /// (compressed): a few milliseconds of reading at full speed, which is enough since the attendant has librdkafka
    /// fetch again at once. Twice as much of each was no faster and took 30 MB more, half of it was slower.
    private static let queuedMessages = 10_000
    private static let queuedBytes = 12 << 20
    private static let fetchedBytes = 512 << 10

    /// Everything that lives from `open` to `close`.
    private struct Session {
        let client: KafkaClient
        let topic: TopicHandle
        let pipe: WakePipe
        let attendant: ConsumerAttendant
        let group: GroupMembership?
        let stream: StreamIdentity
        let context: SourceContext
    }

    private struct Counters {
        var records: Int64 = 0
        var bytes: Int64 = 0
        var holes: Int64 = 0
        var attendant: ConsumerAttendant?
    }

    private let settings: KafkaSourceSettings
    private nonisolated let executor = ThreadExecutor(name: "kafka source")
    private let counters = Mutex(Counters())
    private var session: Session?
    private var collector: BatchCollector?
    private var readers: [PartitionReader] = []
    private var generation = 0
    private var ends: [Int32: Int64]?
    private var isReading = false
    private var pending: [Int32: StartPositions.Start] = [:]
    /// What the last batch took, and an eighth: room for the next.
    private var capacityHint = (bytes: 64 << 10, records: 256)

    /// A thread of its own: reading blocks for milliseconds at a time.
    public nonisolated var thread: ThreadExecutor? { executor }
    /// The thread's.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ settings: KafkaSourceSettings) {
        self.settings = settings
    }

    private var topicName: String { settings.connection.topic }

    // MARK: - Opening

    /// Waits for a broker, and decides where each partition begins.
    public func open(_ context: SourceContext) async throws {
        let findings = try await ClusterProbe.find(
            settings.connection, context.stage, kind: RD_KAFKA_CONSUMER, isFirst: true, missing: .accept)
        let resolved = try settings.connection.resolve()
        let client = try KafkaClient(
            RD_KAFKA_CONSUMER, properties: [consumerProperties(findings), resolved.properties],
            events: RD_KAFKA_EVENT_REBALANCE, log: ClientLog(context.stage, secrets: resolved.secrets),
            isGroupMember: settings.group != nil)
        let pipe: WakePipe
        let topic: TopicHandle
        do {
            pipe = try WakePipe()
            topic = try TopicHandle(client, topicName)
        } catch {
            client.destroy()
            throw PipelineError(.internalFault, "cannot read from Kafka", reason: error.reason)
        }
        let group = settings.group.map { _ in
            GroupMembership(
                client: client, topic: topicName, reset: settings.reset, knownPartitions: findings.partitions,
                pipe: pipe, context: context.stage)
        }
        let attendant = ConsumerAttendant(
            client: client, topic: topicName, group: group, pipe: pipe, context: context.stage)
        collector = BatchCollector(topic: topicName, log: client.log)
        let session = Session(
            client: client, topic: topic, pipe: pipe, attendant: attendant, group: group,
            stream: StreamIdentity(cluster: findings.clusterID, topic: topicName), context: context)
        self.session = session
        counters.withLock { $0.attendant = attendant }
        if findings.partitions == 0, !settings.endsAtEnd {
            context.stage.log.warning("the topic does not exist; waiting for it", Log.Detail("topic", topicName))
        }
        if settings.endsAtEnd { ends = try await bounds(of: Array(0..<findings.partitions), session).mapValues(\.high) }
        if group == nil {
            try await begin(settings.partitions.partitions(among: findings.partitions), reset: settings.reset, session)
            if settings.partitions.isIncomplete(among: findings.partitions), findings.partitions > 0 {
                context.stage.log.warning(
                    "the topic has fewer partitions than were chosen",
                    Log.Detail("partitions", "\(findings.partitions)"))
            }
        }
        attendant.start(partitions: findings.partitions, discovers: group == nil && !settings.endsAtEnd)
    }

    /// Begins to fetch, or joins the group.
    public func start() async throws {
        guard let session else { return }
        isReading = true
        if session.group == nil {
            try fetchPending(session)
            return
        }
        do {
            try session.client.subscribe(topicName)
        } catch {
            throw PipelineError(.internalFault, "cannot join the group", reason: error.reason)
        }
    }

    /// Decides where partitions begin and tells the owners, before the first fetch.
    private func begin(_ partitions: [Int32], reset: StartPositions.Reset, _ session: Session) async throws {
        let owners = session.context.owners
        if partitions.isEmpty, owners.isEmpty { return }
        let bounds = try await bounds(of: partitions, session)
        var stores: [[Int32: Int64]] = []
        for owner in owners {
            // An owner of another stream refuses in `begin`, with words of its own; its positions mean nothing here.
            let stored = try await owner.storedStream()
            stores.append(stored == nil || stored == session.stream ? try await owner.storedPositions() : [:])
        }
        let begin = StartPositions(bounds: bounds, stores: stores, reset: reset, forgives: false)
        if let (partition, position) = begin.beyond.min(by: { $0.key < $1.key }) {
            throw PipelineError(
                .inputOutput, "cannot go on where the archive ends", place: "\(topicName)-\(partition)-\(position)",
                reason:
                    "the partition ends at \(bounds[partition]?.high ?? 0): the topic was made anew or has lost records",
                remedy: "Begin another archive for it")
        }
        for owner in owners {
            let known = try await owner.storedPositions()
            try await owner.begin(session.stream, at: begin.fresh.filter { known[$0.key] == nil })
        }
        for (partition, count) in begin.gone.sorted(by: { $0.key < $1.key }) {
            session.context.stage.log.warning(
                "records were deleted by retention before they were read", Log.Detail("partition", "\(partition)"),
                Log.Detail("records", "\(count)"))
        }
        pending.merge(begin.starts) { _, new in new }
    }

    private func fetchPending(_ session: Session) throws {
        for (partition, start) in pending.sorted(by: { $0.key < $1.key }) {
            do {
                let queue = try PartitionQueue.reading(
                    partition, from: start.fetched, of: session.topic, session.client)
                session.pipe.watch(queue)
                readers.append(PartitionReader(queue: queue, start: start, end: end(of: partition)))
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

    /// Asks for the bounds of partitions; an outage is waited out.
    private func bounds(of partitions: [Int32], _ session: Session) async throws -> [Int32: StartPositions.Bounds] {
        var bounds: [Int32: StartPositions.Bounds] = [:]
        for partition in partitions {
            while bounds[partition] == nil {
                try Task.checkCancellation()
                do throws(KafkaError) {
                    let marks = try session.client.watermarks(topicName, partition, timeout: .seconds(1))
                    bounds[partition] = .init(low: marks.low, high: marks.high)
                } catch {
                    session.client.log.write(
                        .init(
                            severity: 4, facility: "OFFSETS",
                            text: "cannot learn the ends of \(topicName)-\(partition) yet: \(error.reason)"))
                    session.pipe.wait(.milliseconds(100))
                }
            }
        }
        return bounds
    }

    private func consumerProperties(_ findings: ClusterProbe.Findings) -> [String: String] {
        let queued = min(8 << 20, max(256 << 10, Self.queuedBytes / max(1, Int(findings.partitions))))
        var properties = [
            "bootstrap.servers": settings.connection.brokers,
            "enable.auto.commit": "false",
            "enable.auto.offset.store": "false",
            "enable.partition.eof": "true",
            // Only below the log's beginning does this lead on, and the gap is told. Beyond the log's end it leads
            // back, which the collector refuses. "latest" would skip records in silence.
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "queued.min.messages": "\(Self.queuedMessages)",
            "queued.max.messages.kbytes": "\(queued >> 10)",
            "fetch.message.max.bytes": "\(min(Self.fetchedBytes, queued))",
            "fetch.max.bytes": "\(8 << 20)",
            // How long the end of a partition can go unnoticed. The embedded broker sleeps it out in any case.
            "fetch.wait.max.ms": findings.isEmbedded ? "10" : "100",
        ]
        if let group = settings.group {
            properties["group.id"] = group
            // Cooperative assignment is unsafe in 2.0.2 (its changelog, 2.1 to 2.3).
            properties["partition.assignment.strategy"] = "range"
        }
        return properties
    }

    // MARK: - Reading

    /// Gives what has come, partitions furthest behind first.
    public func next(atMost count: Int) async throws -> SourceOutput {
        guard let session else { throw CancellationError() }
        try Task.checkCancellation()
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
    private func follow(_ session: Session) async throws {
        if let news = session.group?.takeNews() {
            for reader in readers { reader.queue.destroy() }
            generation = news.generation
            readers = news.queues.map { queue in
                let start = news.starts[queue.partition] ?? .init(claimed: 0, fetched: 0)
                return PartitionReader(queue: queue, start: start, end: end(of: queue.partition))
            }
        }
        if let count = session.attendant.takePartitionCount() {
            let known = Set(readers.map(\.partition))
            let new = settings.partitions.partitions(among: count).filter { !known.contains($0) }
            if new.isEmpty { return }
            // Everything in a partition that was not there is new, whatever "offset_reset" says of the others.
            try await begin(new, reset: .earliest, session)
            try fetchPending(session)
            session.context.stage.log.info(
                "reads new partitions", Log.Detail("partitions", new.map { "\($0)" }.joined(separator: ",")))
        }
    }

    private func isFinished(_ session: Session) -> Bool {
        guard ends != nil, session.group == nil || generation > 0 else { return false }
        return readers.allSatisfy(\.isFinished)
    }

    private func collect(atMost count: Int, until deadline: Duration, _ session: Session) throws -> Batch? {
        let clock = session.context.stage.clock
        var builder = BatchBuilder(
            stream: session.stream, capacity: capacityHint.bytes, recordCapacity: min(count, capacityHint.records))
        var passed = [Bool](repeating: false, count: readers.count)
        var hungry: [Int32] = []
        var lateUntil: Duration?
        while builder.recordCount < count, builder.count < Self.batchBytes {
            guard let index = furthestBehind(passed) else { break }
            let taken = try collector?.read(
                &readers[index], into: &builder, atMost: count - builder.recordCount,
                room: Self.batchBytes - builder.count)
            let isCaughtUp = readers[index].isAtEnd
            if !isCaughtUp, readers[index].queue.count < Self.queuedMessages, !hungry.contains(readers[index].partition)
            {
                hungry.append(readers[index].partition)
            }
            if taken != 0 { continue }
            if isCaughtUp || readers[index].next >= session.client.cachedHigh(topicName, readers[index].partition) {
                passed[index] = true
                continue
            }
            // Its records are on their way, and reading the others first would drive the partitions apart; so what is
            // there goes on, and with nothing there it gets a moment.
            if builder.recordCount > 0 { break }
            let now = clock.now
            let limit = lateUntil ?? min(deadline, now + Self.latePatience)
            lateUntil = limit
            if now >= limit || readers[index].isOverdue {
                passed[index] = true
                readers[index].isOverdue = true
            } else {
                session.attendant.tell(positions: positions, hungry: hungry, gaps: [:])
                session.pipe.wait(min(.milliseconds(1), limit - now))
            }
        }
        return finish(builder, hungry, session)
    }

    private var positions: [Int32: Int64] {
        Dictionary(readers.map { ($0.partition, $0.next) }) { _, last in last }
    }

    private func furthestBehind(_ passed: [Bool]) -> Int? {
        var found: Int?
        for index in readers.indices where !passed[index] && !readers[index].isFinished {
            if let other = found, readers[other].time <= readers[index].time { continue }
            found = index
        }
        return found
    }

    private func finish(_ builder: consuming BatchBuilder, _ hungry: [Int32], _ session: Session) -> Batch? {
        session.attendant.tell(positions: positions, hungry: hungry, gaps: collector?.takeGaps() ?? [:])
        let claims = readers.compactMap(\.claim)
        if claims.isEmpty { return nil }
        if let group = session.group, !group.deliver(claims, generation: generation) { return nil }
        for index in readers.indices { readers[index].commitClaim() }
        let (records, bytes, holes) = (builder.recordCount, builder.count, collector?.holes ?? 0)
        capacityHint = (max(64 << 10, bytes + bytes / 8), max(256, records + records / 8))
        counters.withLock { counters in
            counters.records += Int64(records)
            counters.bytes += Int64(bytes)
            counters.holes = holes
        }
        return builder.finish(claims: claims)
    }

    // MARK: - Hearing and ending

    /// Has a group commit what is acknowledged; whoever owns positions has stored its own.
    public func advance(to watermark: [Int32: Int64]) async {
        session?.group?.acknowledge(watermark)
    }

    /// Commits, leaves the group, and ends the client.
    public func close() async {
        // Runs what is left of this call too; without it the thread would outlive a source that failed to open.
        defer { executor.stop() }
        guard let session else { return }
        self.session = nil
        await session.attendant.stop()
        for reader in readers { reader.queue.destroy() }
        readers = []
        collector = nil
        session.topic.destroy()
        session.client.destroy()
        session.pipe.close()
    }

    /// Records and bytes read, how far behind the log's end, and offsets without a record.
    public nonisolated var measurements: [Measurement] {
        counters.withLock { counters in
            var list = [
                Measurement("records", .integer(counters.records)),
                Measurement("bytes", .integer(counters.bytes)),
                Measurement("holes", .integer(counters.holes)),
                Measurement("gone", .integer(counters.attendant?.gone ?? 0)),
            ]
            if let lag = counters.attendant?.lag {
                list.append(Measurement("lag", .integer(lag), live: "lag \(lag.grouped)"))
            }
            return list
        }
    }
}
