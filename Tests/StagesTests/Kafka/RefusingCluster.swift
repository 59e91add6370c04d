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
        case listOffsets = 2
        case offsetCommit = 8
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case initProducerId = 22
        case addPartitionsToTxn = 24
        case addOffsetsToTxn = 25
        case endTxn = 26
        case txnOffsetCommit = 28

        /// As the mock cluster's log has it.
        fileprivate var nameInLog: String {
            let name = "\(self)"
            return name.prefix(1).uppercased() + name.dropFirst()
        }
    }

    private let client: OpaquePointer
    private let cluster: OpaquePointer
    private let queue: OpaquePointer
    private var received: [Request: Int] = [:]

    /// Starts it with the topics, of a partition for each broker, which leads it.
    init(topics: [String] = ["t"], brokers: Int32 = 1) throws {
        let configuration = ClientConfiguration()
        // The log is the one place where the mock cluster says what it was asked.
        try configuration.set(["log.queue": "true", "debug": "mock", "log_level": "7"])
        client = try configuration.makeClient(RD_KAFKA_PRODUCER, events: RD_KAFKA_EVENT_LOG)
        queue = rd_kafka_queue_get_main(client)
        rd_kafka_set_log_queue(client, queue)
        cluster = try #require(rd_kafka_mock_cluster_new(client, brokers))
        for topic in topics {
            rd_kafka_mock_topic_create(cluster, topic, brokers, 1)
            for broker in 1...brokers { rd_kafka_mock_partition_set_leader(cluster, topic, broker - 1, broker) }
        }
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_queue_destroy(queue)
        rd_kafka_destroy(client)
    }

    var address: String { String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    /// Lets every answer from now on take so long.
    func delayAnswers(by milliseconds: Int32) {
        rd_kafka_mock_broker_set_rtt(cluster, 1, milliseconds)
    }

    /// Takes a broker away; the partitions that it leads stay its own.
    func takeDown(broker: Int32) {
        rd_kafka_mock_broker_set_down(cluster, broker)
    }

    /// Answers the next requests of a kind with errors, in order. `RD_KAFKA_RESP_ERR__TRANSPORT` ends the connection
    /// instead.
    func refuse(_ request: Request, with errors: [rd_kafka_resp_err_t]) {
        var errors = errors
        rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, errors.count, &errors)
    }

    /// Refuses no more requests of a kind.
    func allow(_ request: Request) {
        rd_kafka_mock_clear_request_errors(cluster, request.rawValue)
    }

    /// How many requests of a kind came until now.
    func count(of request: Request) -> Int {
        while hear(within: 0) {}
        return received[request] ?? 0
    }

    /// Blocks until so many requests of a kind have come.
    func wait(for request: Request, _ count: Int) {
        while self.count(of: request) < count { hear(within: 100) }
    }

    @discardableResult
    private func hear(within milliseconds: Int32) -> Bool {
        guard let pointer = rd_kafka_queue_poll(queue, milliseconds) else { return false }
        let event = ClientEvent(pointer: pointer)
        // "[thrd:mock]: Broker 1: Received EndTxnRequestV1 from 127.0.0.1:46154"
        guard let text = event.logLine?.text, let range = text.firstRange(of: "Received ") else { return true }
        let kind = Request.named.first { text[range.upperBound...].hasPrefix($0.key) }
        if let kind { received[kind.value, default: 0] += 1 }
        return true
    }
}

extension RefusingCluster.Request: CaseIterable {
    fileprivate static let named = Dictionary(
        uniqueKeysWithValues: allCases.map { ("\($0.nameInLog)RequestV", $0) })
}
