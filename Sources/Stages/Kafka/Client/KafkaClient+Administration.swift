internal import CRDKafka

extension KafkaClient {
    private static let adminTimeout = Duration.seconds(10)

    /// Creates a topic; one that is there already is left as it is. Blocks for at most ten seconds.
    func createTopic(_ name: String, _ creation: TopicCreation) throws(KafkaError) {
        guard let topic = rd_kafka_NewTopic_new(name, creation.partitions, creation.replication ?? -1, nil, 0) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG)
        }
        defer { rd_kafka_NewTopic_destroy(topic) }
        for (name, value) in creation.settings.sorted(by: { $0.key < $1.key }) {
            try KafkaError.check(rd_kafka_NewTopic_set_config(topic, name, value))
        }
        var topics: [OpaquePointer?] = [topic]
        let event = try administer { queue in rd_kafka_CreateTopics(handle, &topics, 1, nil, queue) }
        var count = 0
        guard
            let results = rd_kafka_CreateTopics_result_topics(
                rd_kafka_event_CreateTopics_result(event.pointer), &count),
            count > 0, let result = results[0]
        else { throw KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG) }
        let code = rd_kafka_topic_result_error(result)
        if code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { try KafkaError.check(code) }
    }

    /// Deletes a topic; one that is not there is no error. Blocks for at most ten seconds.
    func deleteTopic(_ name: String) throws(KafkaError) {
        guard let request = rd_kafka_DeleteTopic_new(name) else { throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG) }
        defer { rd_kafka_DeleteTopic_destroy(request) }
        var requests: [OpaquePointer?] = [request]
        let event = try administer { queue in rd_kafka_DeleteTopics(handle, &requests, 1, nil, queue) }
        var count = 0
        guard
            let results = rd_kafka_DeleteTopics_result_topics(
                rd_kafka_event_DeleteTopics_result(event.pointer), &count),
            count > 0, let result = results[0]
        else { throw KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG) }
        let code = rd_kafka_topic_result_error(result)
        if code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { try KafkaError.check(code) }
    }

    /// A topic's setting, or nil if it has none of this name. Blocks for at most ten seconds.
    func topicSetting(_ setting: String, of name: String) throws(KafkaError) -> String? {
        guard let resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG)
        }
        defer { rd_kafka_ConfigResource_destroy(resource) }
        var resources: [OpaquePointer?] = [resource]
        let event = try administer { queue in rd_kafka_DescribeConfigs(handle, &resources, 1, nil, queue) }
        var count = 0
        guard
            let results = rd_kafka_DescribeConfigs_result_resources(
                rd_kafka_event_DescribeConfigs_result(event.pointer), &count),
            count > 0, let result = results[0]
        else { throw KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG) }
        try KafkaError.check(rd_kafka_ConfigResource_error(result))
        guard let entries = rd_kafka_ConfigResource_configs(result, &count) else { return nil }
        for entry in UnsafeBufferPointer(start: entries, count: count) {
            guard let entry, let entryName = rd_kafka_ConfigEntry_name(entry), String(cString: entryName) == setting
            else { continue }
            return rd_kafka_ConfigEntry_value(entry).map { String(cString: $0) }
        }
        return nil
    }

    /// Sends a request with a queue of its own for the answer, and waits for it.
    private func administer(_ request: (OpaquePointer) -> Void) throws(KafkaError) -> ClientEvent {
        guard let answers = rd_kafka_queue_new(handle) else { throw KafkaError(RD_KAFKA_RESP_ERR__FAIL) }
        defer { rd_kafka_queue_destroy(answers) }
        request(answers)
        guard let pointer = rd_kafka_queue_poll(answers, Self.adminTimeout.kafkaMilliseconds) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        let event = ClientEvent(pointer: pointer)
        try KafkaError.check(event.error.code)
        return event
    }
}
