internal import Pipeline

/// The kafka sink's settings.
struct KafkaSinkSettings: Sendable {
    enum Compression: String, Sendable, CaseIterable {
        case none, gzip, snappy, lz4, zstd
    }

    static let compression = Setting<Compression>.choice("compression", default: .lz4, "How requests are compressed")
    static let linger = Setting.duration(
        "linger", .zero...(.seconds(900)), default: .milliseconds(10), text: "10ms",
        "How long a record waits for company in its request")
    static let partitioner = Setting<KafkaPartitioner>.choice(
        "partitioner", default: .murmur2Random,
        "How a key chooses its partition; murmur2_random agrees with Java's clients")
    static let timestamps = Setting<KafkaTimestamps>.choice(
        "timestamp", default: .sending, "A record's time in Kafka: that of sending, or its own")
    static let recordLimit = Setting.integer(
        "in_flight", 1...10_000_000, default: 50_000,
        "Records under way at most; the sink takes no more until some arrived")
    static let creation = Setting<TopicCreation?>(
        "create_topic",
        .either([.boolean, .object([TopicSettings.partitions, TopicSettings.replication, TopicSettings.retention])]),
        default: .boolean(false), defaultText: "false",
        "Creates the topic if it does not exist: true, or an object that says how",
        convert: TopicSettings.creation)

    /// The members of `create_topic`.
    enum TopicSettings {
        static let partitions = Setting.integer("partitions", 1...100_000, default: 3, "Number of partitions")
        static let replication = Setting.integer(
            "replication", -1...1_000, default: -1, "Copies of each partition; -1 leaves it to the broker")
        static let retention = Setting.duration(
            "retention", .seconds(1)...(.seconds(36_500 * 86_400)), default: .seconds(7 * 86_400), text: "7d",
            "How long records are kept")

        static func creation(_ value: SettingValue) -> TopicCreation?? {
            let values: SettingValues
            switch value {
            case .boolean(false): return .some(nil)
            case .boolean(true): values = SettingValues([:])
            case .object(let members): values = SettingValues(members)
            default: return nil
            }
            let replication = values[Self.replication]
            return TopicCreation(
                partitions: Int32(values[partitions]), replication: replication > 0 ? Int32(replication) : nil,
                retention: values[retention])
        }
    }

    /// The settings, whatever the delivery.
    static let all: [any AnySetting] = [
        ConnectionSettings.brokers, ConnectionSettings.topic, KafkaSinkContent.setting, creation, compression, linger,
        partitioner, timestamps,
        recordLimit, ConnectionSettings.connectTimeout, ConnectionSettings.properties, ConnectionSettings.secrets,
        ConnectionSettings.secretFiles,
    ]

    let connection: ConnectionSettings
    let content: KafkaSinkContent
    let compression: Compression
    let linger: Duration
    let partitioner: KafkaPartitioner
    let timestamps: KafkaTimestamps
    let recordLimit: Int
    let creation: TopicCreation?

    init(_ values: SettingValues) {
        connection = ConnectionSettings(values)
        content = values[KafkaSinkContent.setting]
        compression = values[Self.compression]
        linger = values[Self.linger]
        partitioner = values[Self.partitioner]
        timestamps = values[Self.timestamps]
        recordLimit = values[Self.recordLimit]
        creation = values[Self.creation]
    }
}
