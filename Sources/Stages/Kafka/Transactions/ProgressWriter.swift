internal import CRDKafka
internal import Pipeline

/// Writes a producer's progress into the topic that keeps it.
struct ProgressWriter: Sendable {
    let topic: ProgressTopic
    private let handle: TopicHandle
    private let writer: RecordWriter

    /// Makes a writer; ``destroy()`` ends it before the client.
    init(_ client: KafkaClient, _ topic: ProgressTopic) throws(KafkaError) {
        self.topic = topic
        handle = try TopicHandle(client, topic.connection.topic)
        writer = RecordWriter(client: client, topic: handle, partitioner: .murmur2Random, timestamps: .sending)
    }

    /// Gives librdkafka a record of ``ProgressTopic/record(of:)``, which it reads until its report has come.
    /// - Returns: the record if it was not taken.
    func write(_ record: Batch) -> [RecordWriter.Refusal] {
        writer.produce(record, slot: OpenTransaction.progressSlot, partitions: topic.partitionCount)
    }

    func destroy() {
        handle.destroy()
    }
}
