import CRDKafka
import Testing

@testable import Stages

/// What other programs do to a topic.
extension KafkaTestCluster {
    static func deleteRecords(_ topic: String, before offset: Int64) throws {
        let list = PartitionList(topic, [0: offset])
        var requests: [OpaquePointer?] = [rd_kafka_DeleteRecords_new(list.pointer)]
        defer { rd_kafka_DeleteRecords_destroy(requests[0]) }
        try administer { client, answers in rd_kafka_DeleteRecords(client, &requests, 1, nil, answers) }
    }

    static func addPartitions(_ topic: String, total: Int) throws {
        var requests: [OpaquePointer?] = [rd_kafka_NewPartitions_new(topic, total, nil, 0)]
        defer { rd_kafka_NewPartitions_destroy(requests[0]) }
        try administer { client, answers in rd_kafka_CreatePartitions(client, &requests, 1, nil, answers) }
    }

    /// Deletes a topic and makes it again, empty.
    static func makeAnew(_ topic: String, partitions: Int32 = 1) throws {
        let client = try Self.client(RD_KAFKA_PRODUCER)
        defer { client.destroy() }
        try client.deleteTopic(topic)
        // Asked of a consumer, whose questions do not create it.
        let observer = try Self.client(RD_KAFKA_CONSUMER)
        defer { observer.destroy() }
        while try observer.topicState(topic, timeout: .seconds(5)) != .missing {}
        repeat {
            try client.createTopic(
                topic, TopicCreation(partitions: partitions, replication: 1, retention: .seconds(86_400)))
        } while try observer.topicState(topic, timeout: .seconds(5)) != .partitions(partitions)
    }

    static func set(_ setting: String, to value: String, of topic: String) throws {
        let resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
        defer { rd_kafka_ConfigResource_destroy(resource) }
        rd_kafka_ConfigResource_set_config(resource, setting, value)
        var resources: [OpaquePointer?] = [resource]
        try administer { client, answers in rd_kafka_AlterConfigs(client, &resources, 1, nil, answers) }
    }

    /// Writes transactions into partition 0; each leaves a marker.
    static func writeTransactions(_ topic: String, _ transactions: [(values: [String], commits: Bool)]) throws {
        let client = try Self.client(RD_KAFKA_PRODUCER, ["transactional.id": topic])
        defer { client.destroy() }
        let handle = try TopicHandle(client, topic)
        defer { handle.destroy() }
        func check(_ error: OpaquePointer?) {
            #expect(error == nil)
            if let error { rd_kafka_error_destroy(error) }
        }
        check(rd_kafka_init_transactions(client.handle, 20_000))
        for transaction in transactions {
            check(rd_kafka_begin_transaction(client.handle))
            for value in transaction.values {
                var bytes = Array(value.utf8)
                let code = rd_kafka_produce(handle.pointer, 0, RD_KAFKA_MSG_F_COPY, &bytes, bytes.count, nil, 0, nil)
                #expect(code == 0)
            }
            // Sent before an abort, since an abort gives up what is still queued here. Reports are events, so somebody
            // must take them.
            var left = transaction.values.count
            while left > 0 {
                client.serve(.milliseconds(100)) { event in event.forEachMessage { _ in left -= 1 } }
            }
            check(
                transaction.commits
                    ? rd_kafka_commit_transaction(client.handle, 20_000)
                    : rd_kafka_abort_transaction(client.handle, 20_000))
        }
    }

    private static func administer(_ request: (OpaquePointer, OpaquePointer) -> Void) throws {
        let client = try Self.client(RD_KAFKA_PRODUCER)
        defer { client.destroy() }
        let answers = try #require(rd_kafka_queue_new(client.handle))
        defer { rd_kafka_queue_destroy(answers) }
        request(client.handle, answers)
        let event = ClientEvent(pointer: try #require(rd_kafka_queue_poll(answers, 10_000)))
        #expect(event.error.code == RD_KAFKA_RESP_ERR_NO_ERROR)
    }
}
