public import Pipeline

/// How to reach the Kafka whose log archives are compared with.
public struct LogAccess: Sendable {
    /// Addresses (host:port, with commas) by which the cluster is first found.
    public var brokers: String
    /// librdkafka properties by name, those that a kafka source may be given; secrets among them.
    public var properties: [String: String]
    /// The time by which is waited.
    public var clock: any PipelineClock
    /// Where librdkafka's warnings go.
    public var log: Log

    /// Names a Kafka; connects nowhere.
    /// - Parameters:
    ///   - brokers: addresses by which the cluster is first found.
    ///   - properties: librdkafka properties by name.
    ///   - clock: the time by which is waited.
    ///   - log: where librdkafka's warnings go.
    /// - Throws: ``PipelineError`` (`usage`) for a property that may not be set.
    public init(
        brokers: String, properties: [String: String] = [:], clock: any PipelineClock, log: Log
    ) throws(PipelineError) {
        let secrets = Set(KafkaProperty.allowed.filter(\.isSecret).map(\.name))
        for name in properties.keys.sorted() {
            guard let problem = KafkaProperty.problem(with: name, on: .consumer, isSecret: secrets.contains(name))
            else {
                continue
            }
            throw PipelineError(.usage, "cannot use the properties", reason: problem)
        }
        self.brokers = brokers
        self.properties = properties
        self.clock = clock
        self.log = log
    }

    /// The values that must not be shown.
    var secrets: [String] {
        KafkaProperty.allowed.filter(\.isSecret).compactMap { properties[$0.name] }
    }
}
