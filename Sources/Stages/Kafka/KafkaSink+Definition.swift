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

    /// The declaration of the kafka sink. Which of two stages it makes is decided by `delivery`.
    public static let definition = StageDefinition(
        .sink, "kafka",
        summary: "Writes records to a Kafka topic, idempotently, or exactly once in transactions.",
        settings: [ConnectionSettings.brokers, ConnectionSettings.topic, delivery]
            + KafkaSinkSettings.all.dropFirst(2) + ExactlyOnceSettings.all,
        example:
            #"{ "type": "kafka", "brokers": "localhost:9092", "topic": "atm-transactions", "create_topic": true }"#,
        traits: { values in
            guard values[delivery] == .exactlyOnce else { return StageDefinition.Traits() }
            return StageDefinition.Traits(
                ownsPositions: true,
                exclusiveResource: values[ExactlyOnceSettings.id].map { id in
                    "\(values[ConnectionSettings.brokers]) transactional.id \(id)"
                },
                needsReplay: true)
        },
        problems: { values in
            ConnectionSettings.problems(values, side: .producer)
                + (values[delivery] == .exactlyOnce
                    ? ExactlyOnceSettings.problems(values) : ExactlyOnceSettings.superfluous(values))
        },
        make: { name, values in
            let settings = KafkaSinkSettings(values)
            guard values[delivery] == .exactlyOnce else { return .sink(KafkaSink(settings)) }
            return .sink(TransactionalKafkaSink(settings, ExactlyOnceSettings(values)))
        })
}
