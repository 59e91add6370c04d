internal import CRDKafka
internal import Pipeline

/// Reads single records again, by which a topic is known to be the one it was: each partition from one offset on, until
/// the first answer.
///
/// With the session's own client, which is connected already. Its calls block for up to 50 ms.
struct MarkReader {
    private static let slice = Duration.milliseconds(50)

    let client: KafkaClient
    let topic: TopicHandle
    let name: String

    /// Reads the records at some offsets; an outage is waited out.
    /// - Parameter offsets: the offset by partition; each must lie within the partition's log.
    /// - Returns: the mark of each record; nil in place of one that is not there.
    /// - Throws: `CancellationError`, ``KafkaError`` if a partition cannot be read.
    func marks(at offsets: [Int32: Int64]) throws -> [Int32: RecordMark?] {
        guard !offsets.isEmpty, let queue = rd_kafka_queue_new(client.handle) else { return [:] }
        defer { rd_kafka_queue_destroy(queue) }
        var awaited: [Int32: Int64] = [:]
        // Stopped before the queue goes, so that each can be started again where reading goes on.
        defer { for partition in awaited.keys { rd_kafka_consume_stop(topic.pointer, partition) } }
        for (partition, offset) in offsets {
            guard rd_kafka_consume_start_queue(topic.pointer, partition, offset, queue) == 0 else {
                throw KafkaError(rd_kafka_last_error())
            }
            awaited[partition] = offset
        }
        var found: [Int32: RecordMark?] = [:]
        while !awaited.isEmpty {
            try Task.checkCancellation()
            while client.serve(.zero) {}
            guard let message = rd_kafka_consume_queue(queue, Self.slice.kafkaMilliseconds) else { continue }
            defer { rd_kafka_message_destroy(message) }
            let partition = message.pointee.partition
            guard let offset = awaited[partition], let answer = answer(message, at: offset) else { continue }
            found[partition] = .some(answer.mark)
            awaited[partition] = nil
            // At once: what is fetched behind it is of no use here.
            rd_kafka_consume_stop(topic.pointer, partition)
        }
        return found
    }

    private struct Answer {
        var mark: RecordMark?
    }

    /// What a message says of the record at an offset, if it says something.
    private func answer(_ message: UnsafeMutablePointer<rd_kafka_message_t>, at offset: Int64) -> Answer? {
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            guard message.pointee.offset == offset else { return Answer() }
            var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
            let time = max(0, rd_kafka_message_timestamp(message, &kind))
            // Null for a tombstone, with length 0.
            let value = UnsafeRawBufferPointer(start: message.pointee.payload, count: message.pointee.len)
            return Answer(
                mark: RecordMark(offset: offset, timestamp: Timestamp(milliseconds: time), value: value))
        case RD_KAFKA_RESP_ERR__PARTITION_EOF, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
            return Answer()
        default:
            let error = KafkaError(message.pointee.err)
            client.log.write(
                .init(severity: 4, facility: error.name, text: "\(name)-\(message.pointee.partition): \(error.reason)"))
            return nil
        }
    }
}
