public import Pipeline

/// What a kafka sink promises of each record.
enum KafkaDelivery: String, Sendable, CaseIterable {
    /// No record is lost; after a crash some are written again.
    case atLeastOnce = "at-least-once"
    /// A reader of committed records sees each once, after a crash too.
    case exactlyOnce = "exactly-once"
}

extension KafkaSink {
    private static let delivery = Setting<KafkaDelivery>.choice(
        "delivery", default: .atLeastOnce,
        "What is promised of each record; \"exactly-once\" writes in transactions that hold the source's progress too")

    private static func contentProblems(_ values: SettingValues) -> [SettingProblem] {
        guard values[delivery] == .exactlyOnce, values[KafkaSinkContent.setting] == .deadLetters else { return [] }
        return [
            SettingProblem(
                setting: KafkaSinkContent.setting.name,
                message: "dead letters are kept at least once; leave \"delivery\" out, or write records")
        ]
    }

    /// The declaration of the kafka sink. Which of two stages it makes is decided by `delivery`.
    public static let definition = StageDefinition(
        .sink, "kafka",
        summary: "Writes records to a Kafka topic, idempotently, or exactly once in transactions.",
        settings: [ConnectionSettings.brokers, ConnectionSettings.topic, delivery]
            + KafkaSinkSettings.all.dropFirst(2) + ExactlyOnceSettings.all,
        example:
            #"{ "type": "kafka", "brokers": "localhost:9092", "topic": "atm-transactions", "create_topic": true }"#,
        traits: { values in
            let keepsLetters = values[KafkaSinkContent.setting] == .deadLetters
            guard values[delivery] == .exactlyOnce else {
                return StageDefinition.Traits(takesDeadLetters: keepsLetters, takesOnlyDeadLetters: keepsLetters)
            }
            return StageDefinition.Traits(
                ownsPositions: true, commitsForGroups: true,
                exclusiveResource: values[ExactlyOnceSettings.id].map { id in
                    "\(values[ConnectionSettings.brokers]) transactional.id \(id)"
                },
                needsReplay: true)
        },
        problems: { values in
            ConnectionSettings.problems(values, side: .producer) + contentProblems(values)
                + (values[delivery] == .exactlyOnce
                    ? ExactlyOnceSettings.problems(values) : ExactlyOnceSettings.superfluous(values))
        },
        make: { name, values in
            let settings = KafkaSinkSettings(values)
            guard values[delivery] == .exactlyOnce else { return .sink(KafkaSink(settings)) }
            return .sink(TransactionalKafkaSink(settings, ExactlyOnceSettings(values)))
        })
}
