internal import CRDKafka
internal import Pipeline

/// How records find their partitions: the words of librdkafka's `partitioner`.
enum KafkaPartitioner: String, Sendable, CaseIterable {
    case murmur2Random = "murmur2_random"
    case consistentRandom = "consistent_random"
    case fnv1aRandom = "fnv1a_random"
    case random
}

/// Which time a record has in Kafka.
enum KafkaTimestamps: String, Sendable, CaseIterable {
    case sending
    case record
}

/// Gives the records of a batch to librdkafka: one `rd_kafka_produce_batch` a partition, which costs a third less
/// processor time than a call a record. Only a record with headers or a time of its own needs its own call.
///
/// librdkafka reads the values in the batch's own buffer, without a copy. That is safe because the ledger holds the batch
/// from before the first call until the report of its last record, or until the producer's threads have ended; a
/// batch's buffer is written by nobody and does not move. Keys and headers are copied by librdkafka.
struct RecordWriter: Sendable {
    /// A record that librdkafka did not take.
    typealias Refusal = (ticket: DeliveryLedger.Ticket, code: rd_kafka_resp_err_t)

    let client: KafkaClient
    let topic: TopicHandle
    let partitioner: KafkaPartitioner
    let timestamps: KafkaTimestamps

    /// Gives all records of a batch, those of each partition in order.
    /// - Parameters:
    ///   - batch: held by the ledger in `slot`.
    ///   - slot: the batch's slot.
    ///   - partitions: the topic's number of partitions.
    /// - Returns: the records that were not taken.
    func produce(_ batch: Batch, slot: Int, partitions: Int32) -> [Refusal] {
        let chosen = choosePartitions(batch, among: partitions)
        let mustGoOneByOne = timestamps == .record || batch.records.contains { $0.headers.isPresent }
        return batch.withUnsafeBytes { bytes in
            if mustGoOneByOne { return produceOneByOne(batch, bytes, slot, chosen) }
            return produceByPartition(batch, bytes, slot, chosen, count: partitions)
        }
    }

    /// Gives one record again.
    func produce(_ batch: Batch, alone ticket: DeliveryLedger.Ticket, partitions: Int32) -> [Refusal] {
        batch.withUnsafeBytes { bytes in
            let record = batch.records[ticket.index]
            let partition =
                partitioner == .murmur2Random && record.key.isPresent
                ? Murmur2.partition(of: UnsafeRawBufferPointer(rebasing: bytes[record.key.offsets]), among: partitions)
                : RD_KAFKA_PARTITION_UA
            let code = produceOne(record, bytes, partition, ticket)
            return code == RD_KAFKA_RESP_ERR_NO_ERROR ? [] : [(ticket, code)]
        }
    }

    /// The partition of each record. Without a key: one for the whole batch, at random, as a sticky partitioner does it,
    /// since a request of one partition compresses better than the same records over all of them.
    private func choosePartitions(_ batch: Batch, among count: Int32) -> [Int32] {
        guard partitioner == .murmur2Random else {
            return Array(repeating: RD_KAFKA_PARTITION_UA, count: batch.records.count)
        }
        let keyless = Int32.random(in: 0..<count)
        return batch.withUnsafeBytes { bytes in
            batch.records.map { record in
                guard record.key.isPresent else { return keyless }
                return Murmur2.partition(of: UnsafeRawBufferPointer(rebasing: bytes[record.key.offsets]), among: count)
            }
        }
    }

    private func produceByPartition(
        _ batch: Batch, _ bytes: UnsafeRawBufferPointer, _ slot: Int, _ chosen: [Int32], count partitions: Int32
    ) -> [Refusal] {
        // Counting sort: stable, so records of one key keep their order. Place 0 is for librdkafka's own choice.
        var ends = [Int](repeating: 0, count: Int(partitions) + 1)
        for partition in chosen { ends[Int(partition) + 1] += 1 }
        var next = ends
        var total = 0
        for place in ends.indices {
            next[place] = total
            total += ends[place]
            ends[place] = total
        }
        return withUnsafeTemporaryAllocation(of: rd_kafka_message_t.self, capacity: chosen.count) { messages in
            guard let first = messages.baseAddress else { return [] }
            for (index, record) in batch.records.enumerated() {
                let place = next[Int(chosen[index]) + 1]
                next[Int(chosen[index]) + 1] += 1
                (first + place).initialize(to: message(record, bytes, DeliveryLedger.Ticket(slot: slot, index: index)))
            }
            var refusals: [Refusal] = []
            var begin = 0
            for (place, end) in ends.enumerated() where end > begin {
                let taken = rd_kafka_produce_batch(
                    topic.pointer, Int32(place) - 1, 0, first + begin, Int32(end - begin))
                if Int(taken) < end - begin {
                    for message in messages[begin..<end] where message.err != RD_KAFKA_RESP_ERR_NO_ERROR {
                        refusals.append(
                            (DeliveryLedger.Ticket(bits: UInt(bitPattern: message._private)), message.err))
                    }
                }
                begin = end
            }
            return refusals
        }
    }

    private func message(
        _ record: Record, _ bytes: UnsafeRawBufferPointer, _ ticket: DeliveryLedger.Ticket
    ) -> rd_kafka_message_t {
        var message = rd_kafka_message_t()
        message.payload = pointer(to: record.value, in: bytes)
        message.len = record.value.length
        message.key = pointer(to: record.key, in: bytes)
        message.key_len = record.key.length
        message._private = UnsafeMutableRawPointer(bitPattern: ticket.bits)
        return message
    }

    private func produceOneByOne(
        _ batch: Batch, _ bytes: UnsafeRawBufferPointer, _ slot: Int, _ chosen: [Int32]
    ) -> [Refusal] {
        var refusals: [Refusal] = []
        for (index, record) in batch.records.enumerated() {
            let ticket = DeliveryLedger.Ticket(slot: slot, index: index)
            let code = produceOne(record, bytes, chosen[index], ticket)
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { refusals.append((ticket, code)) }
        }
        return refusals
    }

    private func produceOne(
        _ record: Record, _ bytes: UnsafeRawBufferPointer, _ partition: Int32, _ ticket: DeliveryLedger.Ticket
    ) -> rd_kafka_resp_err_t {
        let headers = record.headers.isPresent ? makeHeaders(Array(bytes[record.headers.offsets])) : nil
        let code = sluice_kafka_produce(
            client.handle, topic.pointer, partition, pointer(to: record.value, in: bytes), record.value.length,
            pointer(to: record.key, in: bytes), record.key.length,
            timestamps == .record ? record.timestamp.milliseconds : 0, headers,
            UnsafeMutableRawPointer(bitPattern: ticket.bits))
        if code != RD_KAFKA_RESP_ERR_NO_ERROR, let headers { rd_kafka_headers_destroy(headers) }
        return code
    }

    private func makeHeaders(_ bytes: [UInt8]) -> OpaquePointer? {
        let headers = RecordHeaders.decode(bytes)
        guard let list = rd_kafka_headers_new(headers.count) else { return nil }
        for header in headers {
            // A header without a value has a null pointer, which is not the same as an empty value.
            if let value = header.value {
                value.withUnsafeBytes { value in
                    _ = rd_kafka_header_add(list, header.name, -1, value.baseAddress ?? Self.emptyValue, value.count)
                }
            } else {
                rd_kafka_header_add(list, header.name, -1, nil, 0)
            }
        }
        return list
    }

    /// Any address will do for no bytes, except null.
    private static var emptyValue: UnsafeRawPointer? { UnsafeRawPointer(bitPattern: 1) }

    private func pointer(to range: ByteRange, in bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer? {
        guard range.isPresent, let base = bytes.baseAddress else { return nil }
        return UnsafeMutableRawPointer(mutating: base + Int(range.start))
    }
}
