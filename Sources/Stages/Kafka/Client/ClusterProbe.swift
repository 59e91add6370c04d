internal import CRDKafka
internal import Pipeline

/// Finds the cluster before a stage makes its real client: waits for a broker, sees to the topic, and learns what the
/// client must be configured with (its buffers by the number of partitions, its batches by the topic's limit), which
/// librdkafka takes only when a client is made.
actor ClusterProbe {
    /// What a stage learns.
    struct Findings: Sendable {
        var clusterID: String
        /// 0 for a topic that does not exist.
        var partitions: Int32
        /// The most bytes the topic takes in one request, where it can be learned.
        var largestBatch: Int?

        /// Whether this is librdkafka's mock cluster, which names itself so: it answers no administration.
        var isEmbedded: Bool { Self.isEmbedded(clusterID) }

        fileprivate static func isEmbedded(_ clusterID: String) -> Bool { clusterID.hasPrefix("mockCluster") }
    }

    /// What is to be done about a topic that does not exist.
    enum MissingTopic: Sendable {
        /// A source waits for it later.
        case accept
        /// A sink needs it; the broker may create it by itself.
        case await
        case create(TopicCreation)

        fileprivate var mayCreateItself: Bool {
            if case .await = self { true } else { false }
        }
    }

    private let executor = ThreadExecutor(name: "kafka probe")
    private let settings: ConnectionSettings
    private let context: StageContext
    /// Nil once the stage was connected: an outage is waited out.
    private let deadline: Duration?
    private var nextWarning = Duration.zero
    private var hasWarned = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(_ settings: ConnectionSettings, _ context: StageContext, isFirst: Bool) {
        self.settings = settings
        self.context = context
        deadline = isFirst ? context.clock.now + settings.connectTimeout : nil
    }

    /// Finds the cluster and the topic.
    /// - Parameters:
    ///   - kind: the kind of the client that follows.
    ///   - isFirst: whether the stage was never connected, so that `connect_timeout` counts.
    ///   - missing: what to do about a topic that does not exist.
    /// - Throws: ``PipelineError`` with code `unavailable` when the time is over, `CancellationError`.
    static func find(
        _ settings: ConnectionSettings, _ context: StageContext, kind: rd_kafka_type_t, isFirst: Bool,
        missing: MissingTopic
    ) async throws -> Findings {
        let probe = ClusterProbe(settings, context, isFirst: isFirst)
        defer { probe.executor.stop() }
        let findings = try await probe.run(kind, missing)
        guard findings.isEmbedded, findings.partitions == 0, case .create = missing else { return findings }
        // It makes topics by itself, with four partitions, when a producer asks for them.
        return try await probe.run(kind, .await)
    }

    private func run(_ kind: rd_kafka_type_t, _ missing: MissingTopic) throws -> Findings {
        let resolved = try settings.resolve()
        let properties = [
            "bootstrap.servers": settings.brokers,
            // A topic that this stage is to create must not come into being by the question for it.
            "allow.auto.create.topics": missing.mayCreateItself ? "true" : "false",
        ]
        let client = try KafkaClient(
            kind, properties: [properties, resolved.properties], events: 0,
            log: ClientLog(context, secrets: resolved.secrets))
        defer { client.destroy() }

        let started = context.clock.now
        var state = try topicState(client)
        if hasWarned { context.log.info("connected", Log.Detail("brokers", settings.brokers)) }
        guard let clusterID = client.clusterID(timeout: .seconds(10)) else {
            throw unavailable("the brokers at \(settings.brokers) do not say which cluster they are", since: started)
        }
        let isEmbedded = Findings.isEmbedded(clusterID)
        if case .missing = state { state = try provide(client, missing, isEmbedded: isEmbedded) }
        guard case .partitions(let count) = state else {
            return Findings(clusterID: clusterID, partitions: 0, largestBatch: nil)
        }
        if kind != RD_KAFKA_PRODUCER || isEmbedded {
            return Findings(clusterID: clusterID, partitions: count, largestBatch: nil)
        }
        // A client that may not ask goes by librdkafka's own limit.
        let limit = try? client.topicSetting("max.message.bytes", of: settings.topic)
        return Findings(clusterID: clusterID, partitions: count, largestBatch: limit.flatMap { Int($0) })
    }

    /// Asks for the topic until a broker answers.
    private func topicState(_ client: KafkaClient) throws -> KafkaClient.TopicState {
        let started = context.clock.now
        while true {
            try Task.checkCancellation()
            let reason: String
            do throws(KafkaError) {
                let state = try client.topicState(settings.topic, timeout: slice)
                return state
            } catch {
                while client.serve(.zero, isQuiet: true) {}
                if error.isAboutTopic {
                    throw PipelineError(
                        .unavailable, "cannot use the topic \(settings.topic)", reason: error.reason,
                        remedy: "Check the topic's name and the client's rights")
                }
                reason = client.log.lastFailure ?? error.reason
            }
            try warnOrGiveUp("no broker answers at \(settings.brokers)", reason, since: started)
        }
    }

    /// Sees to a topic that is not there.
    private func provide(
        _ client: KafkaClient, _ missing: MissingTopic, isEmbedded: Bool
    ) throws -> KafkaClient.TopicState {
        switch missing {
        case .accept: return .missing
        case .create where isEmbedded: return .missing
        case .create(let creation): try create(client, creation)
        case .await: break
        }
        let started = context.clock.now
        while true {
            try Task.checkCancellation()
            if case .partitions(let count) = try topicState(client) { return .partitions(count) }
            // The broker creates it, or its leader is being elected; the wait is the queue's.
            client.serve(.milliseconds(100), isQuiet: true)
            guard context.clock.now - started > .seconds(1) else { continue }
            try warnOrGiveUp(
                "the topic \(settings.topic) does not exist", "it is neither created by the broker nor by this stage",
                since: started)
        }
    }

    private func create(_ client: KafkaClient, _ creation: TopicCreation) throws {
        do throws(KafkaError) {
            try client.createTopic(settings.topic, creation)
            context.log.info(
                "created the topic", Log.Detail("topic", settings.topic),
                Log.Detail("partitions", "\(creation.partitions)"))
        } catch {
            throw PipelineError(
                .unavailable, "cannot create the topic \(settings.topic)", reason: error.reason,
                remedy: "Create it by other means, or change \"create_topic\"")
        }
    }

    /// How long one question may take: short at first, so that silence is told within two seconds.
    private var slice: Duration {
        let longest: Duration = hasWarned ? .seconds(3) : .seconds(1)
        guard let deadline else { return longest }
        return max(.milliseconds(50), min(longest, deadline - context.clock.now))
    }

    private func warnOrGiveUp(_ what: String, _ reason: String, since started: Duration) throws {
        let now = context.clock.now
        if let deadline, now >= deadline { throw unavailable("\(what): \(reason)", since: started) }
        guard now >= nextWarning else { return }
        hasWarned = true
        nextWarning = now + .seconds(10)
        context.log.warning("\(what): trying again", Log.Detail("reason", reason))
    }

    private func unavailable(_ reason: String, since started: Duration) -> PipelineError {
        let seconds = (context.clock.now - started) / .milliseconds(100)
        return PipelineError(
            .unavailable, "cannot reach Kafka", reason: "\(reason) (tried for \(seconds.rounded() / 10) s)",
            remedy: "Check \"brokers\" and that a broker runs, or give it longer with \"connect_timeout\"")
    }
}
