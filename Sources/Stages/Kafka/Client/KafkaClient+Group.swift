internal import CRDKafka

/// A list of partitions with offsets for librdkafka, destroyed with the value.
struct PartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(_ topic: String, _ offsets: [Int32: Int64]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(offsets.count))
        for (partition, offset) in offsets.sorted(by: { $0.key < $1.key }) {
            rd_kafka_topic_partition_list_add(pointer, topic, partition).pointee.offset = offset
        }
    }

    deinit {
        rd_kafka_topic_partition_list_destroy(pointer)
    }

    /// The partitions with offsets; those without one (logical offsets are negative) are left out.
    var offsets: [Int32: Int64] {
        Dictionary(
            uniqueKeysWithValues: Self.elements(pointer).filter { $0.offset >= 0 }.map { ($0.partition, $0.offset) })
    }

    static func elements(
        _ list: UnsafePointer<rd_kafka_topic_partition_list_t>
    ) -> UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
    }
}

extension ClientEvent {
    /// The partitions of a rebalance.
    var partitions: [Int32] {
        guard let list = rd_kafka_event_topic_partition_list(pointer) else { return [] }
        return PartitionList.elements(list).map(\.partition)
    }
}

extension KafkaClient {
    /// Joins the group for a topic.
    func subscribe(_ topic: String) throws(KafkaError) {
        let list = PartitionList(topic, [RD_KAFKA_PARTITION_UA: 0])
        try KafkaError.check(rd_kafka_subscribe(handle, list.pointer))
    }

    /// Takes over the partitions that a rebalance gave.
    func assign(_ topic: String, _ offsets: [Int32: Int64]) throws(KafkaError) {
        let list = PartitionList(topic, offsets)
        try KafkaError.check(rd_kafka_assign(handle, list.pointer))
    }

    /// Gives up all partitions.
    func unassign() {
        rd_kafka_assign(handle, nil)
    }

    /// Whether the group has given the partitions away already, so that nothing can be committed for them.
    var hasLostAssignment: Bool { rd_kafka_assignment_lost(handle) != 0 }

    /// The group's committed offsets; a partition without one is left out. Blocks for at most `timeout`.
    func committed(_ topic: String, _ partitions: [Int32], timeout: Duration) throws(KafkaError) -> [Int32: Int64] {
        let list = PartitionList(topic, Dictionary(uniqueKeysWithValues: partitions.map { ($0, -1) }))
        try KafkaError.check(rd_kafka_committed(handle, list.pointer, timeout.kafkaMilliseconds))
        for element in PartitionList.elements(list.pointer) { try KafkaError.check(element.err) }
        return list.offsets
    }

    /// Commits offsets and waits for the answer, for at most `timeout`.
    func commit(_ topic: String, _ offsets: [Int32: Int64], timeout: Duration) throws(KafkaError) {
        if offsets.isEmpty { return }
        // `rd_kafka_commit` has no time limit of its own, and an asynchronous one does not say whether it worked.
        guard let answers = rd_kafka_queue_new(handle) else { throw KafkaError(RD_KAFKA_RESP_ERR__FAIL) }
        defer { rd_kafka_queue_destroy(answers) }
        let list = PartitionList(topic, offsets)
        try KafkaError.check(rd_kafka_commit_queue(handle, list.pointer, answers, nil, nil))
        guard let pointer = rd_kafka_queue_poll(answers, timeout.kafkaMilliseconds) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        try KafkaError.check(ClientEvent(pointer: pointer).error.code)
    }

    /// Leaves the group. Blocks for at most ten seconds.
    func leaveGroup() {
        guard let events = rd_kafka_queue_new(handle) else { return }
        defer { rd_kafka_queue_destroy(events) }
        if let error = rd_kafka_consumer_close_queue(handle, events) {
            rd_kafka_error_destroy(error)
            return
        }
        for _ in 0..<100 where rd_kafka_consumer_closed(handle) == 0 {
            guard let pointer = rd_kafka_queue_poll(events, 100) else { continue }
            // A last revoke: what was acknowledged is committed already.
            if ClientEvent(pointer: pointer).type == RD_KAFKA_EVENT_REBALANCE { unassign() }
        }
    }
}
