/// How a topic is made where it does not exist.
struct TopicCreation: Sendable, Hashable {
    var partitions: Int32
    /// Copies of each partition; nil leaves it to the broker.
    var replication: Int32?
    var retention: Duration
}
