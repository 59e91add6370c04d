internal import CRDKafka
public import Pipeline
internal import Synchronization

/// A Kafka broker inside this process, for demonstrations and for trying things out: librdkafka's mock cluster.
///
/// Other processes can connect. It keeps nothing: data is in memory only, and of each partition the last 5 MiB, the
/// oldest dropped without a word, so it proves nothing about durability. It knows no TLS, no SASL and no creation of
/// topics by request; a topic it was not told of gets four partitions.
///
/// Ended by `stop`, or with the last reference.
public final class EmbeddedBroker: Sendable {
    private struct Handles {
        var client: OpaquePointer
        var cluster: OpaquePointer
    }

    /// The address for clients, `127.0.0.1` and a port that was free.
    public let address: String

    // Nil once stopped; the lock keeps `stop` from ending the cluster under another call.
    private let handles: Mutex<Handles?>

    /// Starts a broker; blocks for some milliseconds.
    /// - Throws: ``PipelineError`` if it cannot listen.
    public init() throws(PipelineError) {
        let configuration = ClientConfiguration()
        // At the usual level it tells of every client that goes away.
        try configuration.set(["log_level": "2", "client.id": "embedded-broker"])
        let client = try configuration.makeClient(RD_KAFKA_PRODUCER, events: 0)
        guard let cluster = rd_kafka_mock_cluster_new(client, 1) else {
            rd_kafka_destroy(client)
            throw Self.failure("librdkafka cannot listen on 127.0.0.1")
        }
        address = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        handles = Mutex(Handles(client: client, cluster: cluster))
    }

    deinit {
        stop()
    }

    /// Ends the broker and forgets what it holds; blocks for some milliseconds.
    public func stop() {
        handles.withLock { handles in
            guard let ended = handles else { return }
            handles = nil
            rd_kafka_mock_cluster_destroy(ended.cluster)
            rd_kafka_destroy(ended.client)
        }
    }

    /// Makes a topic.
    /// - Parameters:
    ///   - name: the topic.
    ///   - partitions: how many.
    /// - Throws: ``PipelineError`` if it exists already, or the broker was stopped.
    public func makeTopic(_ name: String, partitions: Int = 3) throws(PipelineError) {
        let code = handles.withLock { handles in
            handles.map { rd_kafka_mock_topic_create($0.cluster, name, Int32(partitions), 1) }
        }
        guard let code else { throw Self.failure("it was stopped") }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw Self.failure(KafkaError(code).reason) }
    }

    /// Takes the broker away from its clients, or brings it back; what it holds stays.
    /// - Parameter isReachable: whether connections are accepted.
    public func setReachable(_ isReachable: Bool) {
        handles.withLock { handles in
            guard let cluster = handles?.cluster else { return }
            if isReachable {
                rd_kafka_mock_broker_set_up(cluster, 1)
            } else {
                rd_kafka_mock_broker_set_down(cluster, 1)
            }
        }
    }

    private static func failure(_ reason: String) -> PipelineError {
        PipelineError(.unavailable, "the embedded broker failed", reason: reason)
    }
}
