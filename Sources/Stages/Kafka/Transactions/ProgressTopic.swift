internal import Pipeline

/// The compacted topic in which producers keep their progress, a record for each transactional.id: how it is made, where
/// a record lies, and how it is read.
struct ProgressTopic: Sendable {
    /// Partitions of a topic that is made here. A record's partition follows from its id and this number, also in a topic
    /// that has got more of them since.
    private static let partitions: Int32 = 8

    /// Compacted, so that the last record of each id stays for ever. In small segments, since the one that is written to
    /// is never compacted: a producer that starts reads a few tens of megabytes at most.
    static let creation = TopicCreation(
        partitions: partitions, replication: nil,
        settings: ["cleanup.policy": "compact", "segment.bytes": "\(16 << 20)"])

    let connection: ConnectionSettings
    let id: String
    /// Partitions that a record may lie in.
    let partitionCount: Int32

    /// Describes a topic that is there.
    /// - Parameters:
    ///   - connection: the cluster and the topic's name.
    ///   - id: the transactional.id.
    ///   - partitions: how many the topic has.
    init(_ connection: ConnectionSettings, id: String, partitions: Int32) {
        self.connection = connection
        self.id = id
        partitionCount = min(partitions, Self.partitions)
    }

    /// The partition of the id's record: that of its key, as Java's clients have it.
    var partition: Int32 {
        Array(id.utf8).withUnsafeBytes { Murmur2.partition(of: $0, among: partitionCount) }
    }

    /// Makes sure that the topic forgets nothing by age. Blocks for at most ten seconds.
    /// - Parameter client: one that may ask; where it may not, the topic is believed to be right.
    func check(with client: KafkaClient) throws(PipelineError) {
        guard let policy = try? client.topicSetting("cleanup.policy", of: connection.topic), policy != "compact" else {
            return
        }
        throw PipelineError(
            .configuration, "cannot keep progress in the topic \(connection.topic)",
            reason:
                "its cleanup.policy is \(policy), so the progress of a producer that rests for long would be deleted",
            remedy: "Set cleanup.policy=compact for it, or name another one as \"progress_topic\"")
    }

    /// The record that stores a progress, as a batch.
    func record(of progress: ProducerProgress) throws(PipelineError) -> Batch {
        let value = try progress.encoded()
        var builder = BatchBuilder(
            stream: StreamIdentity(cluster: "", topic: connection.topic), capacity: id.utf8.count + value.count)
        let record = Record(
            key: builder.append(id.utf8), value: builder.append(value), timestamp: Timestamp(microseconds: 0),
            position: Position(partition: partition, offset: 0))
        builder.add(record)
        return builder.finish(claims: [])
    }
}
