public import Pipeline

/// The kafka source's settings.
struct KafkaSourceSettings: Sendable {
    enum Until: String, Sendable, CaseIterable {
        case forever, end
    }

    enum OnReset: String, Sendable, CaseIterable {
        case fail, restart
    }

    static let group = Setting<String?>.optionalText(
        "group", "The consumer group that keeps the positions; without one the sinks keep them, or nobody does")
    static let partitions = Setting<PartitionChoice?>(
        "partitions", .either([.choice([""]), .list(.integer(0...Int64(Int32.max)), minimum: 1), .text]),
        default: .text(""), defaultText: "\"all\"",
        "What to read without a group: \"all\", a list such as [0, 2], or \"shard 1/3\"", convert: choice)
    static let reset = Setting<StartPositions.Reset>.choice(
        "offset_reset", default: .earliest, "Where to begin when no position is stored")
    static let onReset = Setting<OnReset>.choice(
        "on_reset", default: .fail,
        "What to do where the topic is not the one whose positions a sink holds (made anew, truncated, of another cluster): fail, or restart: read it from its beginning and keep what is there as an earlier generation"
    )
    /// Stands for the pipeline's name in the name of the group.
    private static let pipelineWord = "PIPELINE"
    static let lagGroup = Setting<String>(
        "lag_group", .either([.text, .choice([""])]), default: .text("sluice.\(pipelineWord)"),
        defaultText: "\"sluice.\(pipelineWord)\"",
        "The group that is told how far a sink that keeps the positions is, for lag displays: PIPELINE stands for the pipeline's name, \"\" for no group. It is never read back"
    ) { if case .text(let name) = $0 { name } else { nil } }
    static let until = Setting<Until>.choice(
        "until", default: .forever, "Whether to end at the end that each partition has at the start")

    let connection: ConnectionSettings
    let group: String?
    let partitions: PartitionChoice
    let reset: StartPositions.Reset
    let onReset: OnReset
    private let lagGroup: String
    let endsAtEnd: Bool

    init(_ values: SettingValues) {
        connection = ConnectionSettings(values)
        group = values[Self.group]
        partitions = values[Self.partitions] ?? .all
        reset = values[Self.reset]
        onReset = values[Self.onReset]
        lagGroup = values[Self.lagGroup]
        endsAtEnd = values[Self.until] == .end
    }

    /// The group that is told how far the owners are; nil for none.
    func lagGroup(of pipeline: String) -> String? {
        lagGroup.isEmpty
            ? nil
            : lagGroup.split(
                separator: Self.pipelineWord, omittingEmptySubsequences: false
            ).joined(separator: pipeline)
    }

    static func problems(_ values: SettingValues) -> [SettingProblem] {
        var problems = ConnectionSettings.problems(values, side: .consumer)
        if values[group] != nil, values[partitions] != nil {
            problems.append(
                SettingProblem(
                    setting: partitions.name,
                    message: "cannot stand beside \"group\": a group spreads the partitions itself"))
        }
        if values[group] != nil, values[onReset] == .restart {
            problems.append(
                SettingProblem(
                    setting: onReset.name,
                    message: "cannot stand beside \"group\": a group keeps one position a partition and no history"))
        }
        if values[group] != nil, values[lagGroup] != "sluice.\(pipelineWord)", !values[lagGroup].isEmpty {
            problems.append(
                SettingProblem(
                    setting: lagGroup.name, message: "cannot stand beside \"group\": that one shows the lag already"))
        }
        return problems
    }

    /// Nil inside means that nothing was chosen; nil outside, that the words are wrong.
    private static func choice(_ value: SettingValue) -> PartitionChoice?? {
        switch value {
        case .text(""):
            return .some(nil)
        case .text(let words):
            guard let choice = PartitionChoice(words) else { return nil }
            return choice
        case .list(let members):
            let numbers = members.compactMap {
                if case .integer(let number) = $0 { Int32(exactly: number) } else { nil }
            }
            return numbers.count == members.count ? PartitionChoice.list(numbers) : nil
        default:
            return nil
        }
    }
}

extension KafkaSource {
    /// The declaration of the kafka source.
    public static let definition = StageDefinition(
        .source, "kafka", summary: "Reads records from a Kafka topic, as a group member or partition by partition.",
        settings: [
            ConnectionSettings.brokers, ConnectionSettings.topic, KafkaSourceSettings.group,
            KafkaSourceSettings.partitions, KafkaSourceSettings.reset, KafkaSourceSettings.onReset,
            KafkaSourceSettings.until, KafkaSourceSettings.lagGroup,
            ConnectionSettings.connectTimeout, ConnectionSettings.properties, ConnectionSettings.secrets,
            ConnectionSettings.secretFiles,
        ],
        example: #"{ "type": "kafka", "brokers": "localhost:9092", "topic": "atm-transactions", "until": "end" }"#,
        traits: { values in
            StageDefinition.Traits(
                isGroupMember: values[KafkaSourceSettings.group] != nil,
                shard: values[KafkaSourceSettings.partitions]?.shard ?? 0)
        },
        problems: KafkaSourceSettings.problems,
        make: { _, values in .source(KafkaSource(KafkaSourceSettings(values))) })
}
