internal import FoundationEssentials
internal import Pipeline

/// The settings of a kafka sink that delivers exactly once.
struct ExactlyOnceSettings: Sendable {
    static let id = Setting<String?>.optionalText(
        "transactional_id",
        "With exactly-once: the name under which progress is kept; PIPELINE.SINK.TOPIC.SHARD unless given. Behind a group: a name of each member's own, made up unless given"
    )
    static let progressTopic = Setting.text(
        "progress_topic", default: "sluice-progress",
        "With exactly-once: the compacted topic that keeps the progress, made if it does not exist",
        problem: ConnectionSettings.topicProblem)
    static let records = Setting.integer(
        "transaction_records", 1...10_000_000, default: 50_000,
        "With exactly-once: records of a transaction; it is then committed")
    static let interval = Setting.duration(
        "transaction_interval", .milliseconds(1)...(.seconds(600)), default: .milliseconds(100), text: "100ms",
        "With exactly-once: how long a record waits at most before its transaction is committed")
    static let timeout = Setting.duration(
        "transaction_timeout", .seconds(1)...(.seconds(86_400)), default: .seconds(60), text: "60s",
        "With exactly-once: how long a transaction may be open before the broker aborts it and may end the producer; "
            + "readers of a producer that is gone wait as long")

    static let all: [any AnySetting] = [id, progressTopic, records, interval, timeout]

    private let givenID: String?
    let progressTopic: String
    let records: Int
    let interval: Duration
    let timeout: Duration
    /// Whether librdkafka's mock cluster will do, whose transactions hold nothing: it answers with the errors that a test asks
    /// for. No setting, since nobody wants it for anything else.
    var acceptsEmbedded = false

    init(_ values: SettingValues) {
        givenID = values[Self.id]
        progressTopic = values[Self.progressTopic]
        records = values[Self.records]
        interval = values[Self.interval]
        timeout = values[Self.timeout]
    }

    /// The transactional.id of a sink: the one that is given, or the same in every run and another for every sink that
    /// writes beside it.
    ///
    /// Members of a group run the same file, and with one name would fence each other for ever; it is by their membership
    /// that brokers tell who may commit.
    func id(in context: SinkContext, topic: String) -> String {
        let name = "\(context.stage.pipeline).\(context.stage.name).\(topic)"
        return givenID ?? (context.group == nil ? "\(name).\(context.stage.shard)" : "\(name).\(UUID().uuidString)")
    }

    /// What is wrong with the settings of a sink that delivers exactly once.
    static func problems(_ values: SettingValues) -> [SettingProblem] {
        var problems: [SettingProblem] = []
        if values[progressTopic] == values[ConnectionSettings.topic] {
            problems.append(
                SettingProblem(setting: progressTopic.name, message: "is the topic that the records go to"))
        }
        if values[interval] > values[timeout] / 2 {
            problems.append(
                SettingProblem(
                    setting: interval.name, message: "must be shorter than \"\(timeout.name)\", which ends the producer"
                ))
        }
        return problems
    }

    /// What is wrong where the sink delivers at least once: settings that would do nothing.
    static func superfluous(_ values: SettingValues) -> [SettingProblem] {
        all.filter { values.all[$0.name] != nil && values.all[$0.name] != $0.defaultValue }.map {
            SettingProblem(setting: $0.name, message: "means nothing without \"delivery\": \"exactly-once\"")
        }
    }
}
