/// What a sink sets of librdkafka by itself; a file's `properties` override it where they may.
enum ProducerProperties {
    /// The properties of every producer.
    /// - Parameters:
    ///   - settings: the sink's settings.
    ///   - largestBatch: the most bytes the topic takes in one request, where it could be learned.
    static func common(_ settings: KafkaSinkSettings, largestBatch: Int?) -> [String: String] {
        var properties = [
            "bootstrap.servers": settings.connection.brokers,
            "enable.idempotence": "true",
            // The sink's own bound counts, below which the queue is never full.
            "queue.buffering.max.messages": "0",
            "queue.buffering.max.kbytes": "2147483647",
            "linger.ms": "\(settings.linger.kafkaMilliseconds)",
            "compression.type": settings.compression.rawValue,
            "partitioner": settings.partitioner.rawValue,
        ]
        if let largestBatch {
            // A record is refused here only if the topic would refuse it, and a request never exceeds what it takes.
            properties["message.max.bytes"] = "\(min(max(largestBatch, 1_000), 1_000_000_000))"
            properties["batch.size"] = "\(min(max(largestBatch, 1_000), 1_000_000))"
        }
        return properties
    }

    /// Of a producer without transactions: time does not make a record undeliverable, an outage is waited out.
    static let untimed = ["message.timeout.ms": "0"]

    /// Of a producer with transactions, in which librdkafka lets no record live longer than its transaction.
    static func transactional(id: String, timeout: Duration) -> [String: String] {
        [
            "transactional.id": id, "transaction.timeout.ms": "\(timeout.kafkaMilliseconds)",
            "message.timeout.ms": "\(timeout.kafkaMilliseconds)",
        ]
    }
}
