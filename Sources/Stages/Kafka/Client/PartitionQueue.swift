internal import CRDKafka

/// The queue of fetched messages of one partition.
///
/// `@unchecked Sendable` because librdkafka's queues may be used from any thread. Destroyed by hand, once, before the
/// client.
final class PartitionQueue: @unchecked Sendable {
    let partition: Int32
    let pointer: OpaquePointer

    private init(partition: Int32, pointer: OpaquePointer) {
        self.partition = partition
        self.pointer = pointer
    }

    /// Begins to fetch a partition without a group.
    static func reading(
        _ partition: Int32, from offset: Int64, of topic: TopicHandle, _ client: KafkaClient
    ) throws(KafkaError) -> PartitionQueue {
        guard let pointer = rd_kafka_queue_new(client.handle) else { throw KafkaError(RD_KAFKA_RESP_ERR__FAIL) }
        guard rd_kafka_consume_start_queue(topic.pointer, partition, offset, pointer) == 0 else {
            rd_kafka_queue_destroy(pointer)
            throw KafkaError(rd_kafka_last_error())
        }
        return PartitionQueue(partition: partition, pointer: pointer)
    }

    /// Takes the queue of a partition out of the consumer's common queue. Called before the partition is assigned, it
    /// holds for the assignment (librdkafka keeps a forwarding that the application chose).
    static func detached(_ partition: Int32, of topic: String, _ client: KafkaClient) throws(KafkaError)
        -> PartitionQueue
    {
        guard let pointer = rd_kafka_queue_get_partition(client.handle, topic, partition) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
        }
        rd_kafka_queue_forward(pointer, nil)
        return PartitionQueue(partition: partition, pointer: pointer)
    }

    /// Messages and events that wait.
    var count: Int { rd_kafka_queue_length(pointer) }

    /// Takes what is there, without waiting.
    /// - Parameter messages: room; what comes is destroyed by the caller.
    /// - Returns: how many came.
    func take(into messages: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>) -> Int {
        // With a timeout the call would wait until the array is full or the time is over, whatever has come.
        max(0, rd_kafka_consume_batch_queue(pointer, 0, messages.baseAddress, messages.count))
    }

    /// Ends the fetching that ``reading(_:from:of:_:)`` began, so that it can begin at another offset, and destroys the queue.
    func end(of topic: TopicHandle) {
        rd_kafka_consume_stop(topic.pointer, partition)
        destroy()
    }

    func destroy() {
        // Without this librdkafka could write to the pipe after it was closed.
        rd_kafka_queue_io_event_enable(pointer, -1, nil, 0)
        rd_kafka_queue_destroy(pointer)
    }
}
