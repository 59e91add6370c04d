import CRDKafka
import Testing

@testable import Stages

/// librdkafka's mock cluster, which answers requests with the errors that a test asks for. A real broker gives most of them
/// only in moments that no test can choose.
final class RefusingCluster {
    /// A kind of request, with its number in Kafka's protocol (https://kafka.apache.org/protocol#protocol_api_keys).
    enum Request: Int16 {
        case produce = 0
        case fetch = 1
        case offsetCommit = 8
        case joinGroup = 11
        case heartbeat = 12
    }

    private let client: OpaquePointer
    private let cluster: OpaquePointer

    /// Starts it with one topic.
    init(topic: String = "t", partitions: Int32 = 1) throws {
        let configuration = ClientConfiguration()
        try configuration.set(["log_level": "2"])
        client = try configuration.makeClient(RD_KAFKA_PRODUCER, events: 0)
        cluster = try #require(rd_kafka_mock_cluster_new(client, 1))
        rd_kafka_mock_topic_create(cluster, topic, partitions, 1)
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    var address: String { String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    /// Lets every answer from now on take so long.
    func delayAnswers(by milliseconds: Int32) {
        rd_kafka_mock_broker_set_rtt(cluster, 1, milliseconds)
    }

    /// Answers the next requests of a kind with errors, in order.
    func refuse(_ request: Request, with errors: [rd_kafka_resp_err_t]) {
        var errors = errors
        rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, errors.count, &errors)
    }
}
