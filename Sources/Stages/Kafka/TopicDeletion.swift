internal import CRDKafka
public import Pipeline

/// Deletes the topic that a kafka sink writes, with the connection of that sink.
///
/// Blocks its thread, for `connect_timeout` at most while no broker answers, and for half a minute until the topic is gone.
public struct TopicDeletion: Sendable {
    /// How long the brokers may take to make a deletion known to all.
    private static let patience = Duration.seconds(30)

    /// What became of the topic.
    public enum Outcome: Sendable, Hashable {
        /// It was there and is gone.
        case deleted
        /// There was none.
        case missing
    }

    /// The topic's name.
    public let topic: String
    private let settings: ConnectionSettings

    /// Opens nothing.
    /// - Parameter stage: a stage of a pipeline.
    /// - Returns: nil for one that is no kafka sink.
    public init?(_ stage: PipelineDefinition.Stage) {
        guard stage.kind == .sink, stage.type == KafkaSink.definition.type else { return nil }
        settings = ConnectionSettings(stage.values)
        topic = settings.topic
    }

    /// Deletes the topic, and returns when brokers say that it is not there.
    /// - Parameters:
    ///   - clock: the time by which is waited.
    ///   - log: where librdkafka's warnings go.
    /// - Throws: ``PipelineError``: `unavailable` if no broker answers, or one refuses.
    public func run(clock: any PipelineClock, log: Log) throws(PipelineError) -> Outcome {
        let resolved = try settings.resolve()
        let context = StageContext(name: "kafka", pipeline: "delete-topic", log: log, clock: clock, stop: { _ in })
        let client = try KafkaClient(
            RD_KAFKA_PRODUCER,
            // A question for a topic that is gone must not bring it back.
            properties: [
                ["bootstrap.servers": settings.brokers, "allow.auto.create.topics": "false"], resolved.properties,
            ],
            events: 0, log: ClientLog(context, secrets: resolved.secrets))
        defer { client.destroy() }
        let deadline = clock.now + settings.connectTimeout
        var isThere = try exists(client, clock, deadline)
        if !isThere { return .missing }
        do throws(KafkaError) {
            try client.deleteTopic(topic)
        } catch {
            throw PipelineError(
                .unavailable, "cannot delete the topic \(topic)", reason: error.reason,
                remedy: "Check the client's right (Delete on the topic) and the brokers' delete.topic.enable")
        }
        let end = clock.now + Self.patience
        while isThere {
            guard clock.now < end else {
                throw PipelineError(
                    .unavailable, "cannot see the topic \(topic) gone",
                    reason: "the brokers took the request, and still show it after \(Self.patience)",
                    remedy: "Look at the brokers' logs")
            }
            client.serve(.milliseconds(100), isQuiet: true)
            isThere = try exists(client, clock, end)
        }
        return .deleted
    }

    /// Asks until a broker answers.
    private func exists(
        _ client: KafkaClient, _ clock: any PipelineClock, _ deadline: Duration
    ) throws(PipelineError) -> Bool {
        while true {
            do throws(KafkaError) {
                return try client.topicState(topic, timeout: .seconds(1)) != .missing
            } catch {
                while client.serve(.zero, isQuiet: true) {}
                guard clock.now >= deadline || error.isAboutTopic else { continue }
                throw PipelineError(
                    .unavailable, "cannot reach Kafka",
                    reason: "no answer about the topic \(topic) from \(settings.brokers): "
                        + (client.log.lastFailure ?? error.reason),
                    remedy: "Check \"brokers\", that a broker runs, and the client's rights")
            }
        }
    }
}
