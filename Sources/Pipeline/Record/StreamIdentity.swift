/// Which stream a source reads, so that whoever keeps positions can tell it from another one.
public struct StreamIdentity: Sendable, Hashable {
    /// What holds the stream: a Kafka cluster's id, `generator`, or `file`.
    public var cluster: String
    /// The stream's name there: a topic, a generator's seed and start, a file's path.
    public var topic: String

    /// Makes an identity.
    /// - Parameters:
    ///   - cluster: what holds the stream.
    ///   - topic: the stream's name there.
    public init(cluster: String, topic: String) {
        self.cluster = cluster
        self.topic = topic
    }
}
