internal import CRDKafka
public import Pipeline
internal import Synchronization

/// Writes records to a Kafka topic with an idempotent producer, and acknowledges a batch when the cluster has all of
/// its records; or, as the place for dead letters, the dead ones alone.
///
/// An outage is waited out: librdkafka sends again until it succeeds, the sink takes no more than `in_flight` records
/// meanwhile, and nothing becomes a dead letter by it.
public actor KafkaSink: Sink {
    /// Bytes in flight, beside the bound in records: large records must not take the memory of many.
    private static let byteLimit = 48 << 20

    private let settings: KafkaSinkSettings
    private let current = Mutex<ProducerSession?>(nil)
    private let earlier = Mutex(ProducerSession.Figures())
    private var session: ProducerSession?
    private var context: SinkContext?
    private var wasConnected = false

    /// True: librdkafka allocates an object for each record, so that a thread leaves an arena with room for all of
    /// `in_flight` behind: 11 MB for each of the pool's.
    public nonisolated var prefersOneThread: Bool { true }

    init(_ settings: KafkaSinkSettings) {
        self.settings = settings
    }

    /// Waits for a broker, creates the topic where asked to, and makes the producer.
    public func open(_ context: SinkContext) async throws {
        try Self.checkPlace(settings, context)
        let missing: ClusterProbe.MissingTopic = settings.creation.map { .create($0) } ?? .await
        let findings = try await ClusterProbe.find(
            settings.connection, context.stage, kind: RD_KAFKA_PRODUCER, isFirst: !wasConnected, missing: missing)
        let resolved = try settings.connection.resolve()
        let client = try KafkaClient(
            RD_KAFKA_PRODUCER,
            properties: [
                ProducerProperties.common(settings, largestBatch: findings.largestBatch), ProducerProperties.untimed,
                resolved.properties,
            ],
            events: RD_KAFKA_EVENT_DR, log: ClientLog(context.stage, secrets: resolved.secrets))
        let session: ProducerSession
        do {
            session = try ProducerSession(
                client: client, topic: settings.connection.topic, partitions: findings.partitions,
                recordLimit: settings.recordLimit, byteLimit: Self.byteLimit, partitioner: settings.partitioner,
                timestamps: settings.timestamps, context: context)
        } catch {
            client.destroy()
            throw PipelineError(.internalFault, "cannot write to Kafka", reason: error.reason)
        }
        self.session = session
        self.context = context
        current.withLock { $0 = session }
        wasConnected = true
    }

    /// Takes a batch; suspends while `in_flight` records are under way.
    public func write(_ batch: Batch, receipt: Receipt) async throws {
        guard let session, let context else { throw CancellationError() }
        if settings.content == .deadLetters {
            return try await Self.writeLetters(
                of: batch, receipt, session, context, topic: settings.connection.topic)
        }
        if batch.records.isEmpty {
            receipt.acknowledge()
            return
        }
        try await session.write(batch, receipt)
    }

    /// Waits until the cluster has everything taken so far.
    public func flush() async throws {
        try await session?.waitUntilSettled()
    }

    /// Ends the producer; what is not acknowledged is given up.
    public func close() async {
        guard let session else { return }
        await session.close()
        self.session = nil
        context = nil
        current.withLock { $0 = nil }
        let figures = session.figures
        earlier.withLock { $0.add(figures) }
    }

    /// When a broker last answered; one is asked where nothing is written for a second.
    public nonisolated var contact: ServerContact { current.withLock { $0 }?.contact ?? .awaited }

    /// Records and bytes delivered, records in flight and rejected, and how long delivery takes.
    public nonisolated var measurements: [Measurement] {
        var figures = earlier.withLock { $0 }
        if let session = current.withLock({ $0 }) { figures.add(session.figures) }
        return [
            Measurement.total("delivered", figures.delivered),
            Measurement.total("delivered_bytes", figures.deliveredBytes),
            Measurement.total("rejected", figures.rejected),
            Measurement("in_flight", .integer(Int64(figures.inFlight)), live: "\(figures.inFlight) in flight"),
            Measurement("delivery_ms", .number(figures.meanDeliveryMilliseconds)),
        ]
    }
}

extension ProducerSession.Figures {
    mutating func add(_ other: Self) {
        delivered += other.delivered
        deliveredBytes += other.deliveredBytes
        rejected += other.rejected
        inFlight = other.inFlight
        meanDeliveryMilliseconds = other.meanDeliveryMilliseconds
    }
}
