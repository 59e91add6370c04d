/// How a topic is made where it does not exist.
struct TopicCreation: Sendable, Hashable {
    var partitions: Int32
    /// Copies of each partition; nil leaves it to the broker.
    var replication: Int32?
    /// Kafka's own settings of a topic, by name.
    var settings: [String: String]

    /// A topic that forgets its records after a while.
    init(partitions: Int32, replication: Int32?, retention: Duration) {
        let milliseconds = Int64(retention / .milliseconds(1))
        self.init(partitions: partitions, replication: replication, settings: ["retention.ms": "\(milliseconds)"])
    }

    init(partitions: Int32, replication: Int32?, settings: [String: String]) {
        self.partitions = partitions
        self.replication = replication
        self.settings = settings
    }
}
