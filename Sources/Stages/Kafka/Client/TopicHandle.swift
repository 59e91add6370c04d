internal import CRDKafka
internal import Pipeline

/// A producer's handle of one topic.
///
/// `@unchecked Sendable` for the same reason as ``KafkaClient``; destroyed before its client.
final class TopicHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ client: KafkaClient, _ name: String) throws(PipelineError) {
        guard let topic = rd_kafka_topic_new(client.handle, name, nil) else {
            throw PipelineError(
                .internalFault, "cannot name the topic \(name)", reason: KafkaError(rd_kafka_last_error()).reason)
        }
        pointer = topic
    }

    func destroy() {
        rd_kafka_topic_destroy(pointer)
    }
}
