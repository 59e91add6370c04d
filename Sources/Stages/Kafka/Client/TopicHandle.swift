internal import CRDKafka

/// A producer's handle of one topic.
///
/// `@unchecked Sendable` for the same reason as ``KafkaClient``; destroyed before its client.
final class TopicHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ client: KafkaClient, _ name: String) throws(KafkaError) {
        guard let topic = rd_kafka_topic_new(client.handle, name, nil) else {
            throw KafkaError(rd_kafka_last_error())
        }
        pointer = topic
    }

    func destroy() {
        rd_kafka_topic_destroy(pointer)
    }
}
