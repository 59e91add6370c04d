internal import CRDKafka

extension KafkaClient {
    /// What a broker says of a topic.
    enum TopicState: Sendable, Hashable {
        case missing
        case partitions(Int32)
    }

    /// Asks for a topic. Blocks for at most `timeout`. For a producer the question creates the topic where the broker
    /// does so of itself.
    func topicState(_ name: String, timeout: Duration) throws(KafkaError) -> TopicState {
        guard let topic = rd_kafka_topic_new(handle, name, nil) else { throw KafkaError(rd_kafka_last_error()) }
        defer { rd_kafka_topic_destroy(topic) }
        var answer: UnsafePointer<rd_kafka_metadata>?
        try KafkaError.check(rd_kafka_metadata(handle, 0, topic, &answer, timeout.kafkaMilliseconds))
        log.noteAnswer()
        guard let answer else { return .missing }
        defer { rd_kafka_metadata_destroy(answer) }
        guard answer.pointee.topic_cnt > 0 else { return .missing }
        let found = answer.pointee.topics[0]
        switch found.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR where found.partition_cnt > 0: return .partitions(found.partition_cnt)
        case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
            return .missing
        default: throw KafkaError(found.err)
        }
    }

    /// The cluster's id, or nil if no broker says in time. Blocks for at most `timeout`.
    func clusterID(timeout: Duration) -> String? {
        guard let text = rd_kafka_clusterid(handle, timeout.kafkaMilliseconds) else { return nil }
        defer { rd_kafka_mem_free(handle, text) }
        return String(cString: text)
    }

    /// An end of a log.
    enum LogEnd: Int64 {
        /// The first offset that is there: RD_KAFKA_OFFSET_BEGINNING.
        case first = -2
        /// The next that will be written, under read_committed the last stable one: RD_KAFKA_OFFSET_END.
        case next = -1
    }

    /// Where logs begin or end. Blocks for at most `timeout`; one leader that is away fails the whole question.
    ///
    /// As an offset for a time, for which the protocol has the same request (KIP-79, ListOffsets: -2 and -1 are the ends), and
    /// not by `rd_kafka_query_watermark_offsets`: that of 2.0.2 waits for a leader that is away or stands still until the
    /// socket gives up, a minute by default, whatever its time limit says.
    func offsets(
        at end: LogEnd, of topic: String, _ partitions: [Int32], timeout: Duration
    ) throws(KafkaError) -> [Int32: Int64] {
        // librdkafka takes a question for nothing for a mistake.
        if partitions.isEmpty { return [:] }
        let list = PartitionList(topic, Dictionary(uniqueKeysWithValues: partitions.map { ($0, end.rawValue) }))
        try KafkaError.check(rd_kafka_offsets_for_times(handle, list.pointer, timeout.kafkaMilliseconds))
        for element in PartitionList.elements(list.pointer) { try KafkaError.check(element.err) }
        log.noteAnswer()
        return list.offsets
    }

    /// The first and the next offset of a partition. Blocks for at most twice `timeout`.
    func watermarks(_ topic: String, _ partition: Int32, timeout: Duration) throws(KafkaError) -> (
        low: Int64, high: Int64
    ) {
        let low = try offsets(at: .first, of: topic, [partition], timeout: timeout)[partition]
        let high = try offsets(at: .next, of: topic, [partition], timeout: timeout)[partition]
        guard let low, let high else { throw KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) }
        return (low, high)
    }
}

extension KafkaClient {
    /// The next offset of a partition as the last fetch's answer had it; asks nobody. Negative if not known.
    func cachedHigh(_ topic: String, _ partition: Int32) -> Int64 {
        var low: Int64 = -1
        var high: Int64 = -1
        rd_kafka_get_watermark_offsets(handle, topic, partition, &low, &high)
        return high
    }
}
