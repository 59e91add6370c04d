internal import CRDKafka
internal import Pipeline

/// Reads parts of a topic's log, read-committed and without a group, one partition after the other.
///
/// Blocks its thread, for a tenth of a second at a time while it waits. Not `Sendable`: it belongs to one proof.
final class LogReader {
    /// How long a broker may be silent.
    private static let patience = Duration.seconds(30)
    private static let batchRecords = 2_000

    /// The cluster's own name.
    let clusterID: String
    private let access: LogAccess
    private let topicName: String
    private let client: KafkaClient
    private let topic: TopicHandle
    private let pipe: WakePipe

    /// Connects.
    /// - Parameters:
    ///   - access: the brokers.
    ///   - topic: the topic.
    /// - Throws: ``PipelineError``: `unavailable` if no broker answers, or none has the topic.
    init(_ access: LogAccess, topic name: String) throws(PipelineError) {
        self.access = access
        topicName = name
        let context = StageContext(
            name: "verify", pipeline: "verify", log: access.log, clock: access.clock, stop: { _ in })
        client = try KafkaClient(
            RD_KAFKA_CONSUMER, properties: [Self.properties(access.brokers), access.properties], events: 0,
            log: ClientLog(context, secrets: access.secrets))
        do throws(KafkaError) {
            topic = try TopicHandle(client, name)
        } catch {
            client.destroy()
            throw Self.failure(error.reason)
        }
        do throws(KafkaError) {
            pipe = try WakePipe()
        } catch {
            topic.destroy()
            client.destroy()
            throw Self.failure(error.reason)
        }
        guard let cluster = client.clusterID(timeout: .seconds(10)) else {
            let reason = Self.drain(client)
            pipe.close()
            topic.destroy()
            client.destroy()
            throw PipelineError(
                .unavailable, "cannot reach Kafka", reason: "no broker answers at \(access.brokers)\(reason)",
                remedy: "Check --kafka and that a broker runs")
        }
        clusterID = cluster
    }

    /// Ends the client. Nothing may be called after.
    func close() {
        topic.destroy()
        client.destroy()
        pipe.close()
    }

    /// Whether the topic keeps only the last record of a key, so that a record that is gone says nothing.
    func isCompacted() -> Bool {
        // A client that may not ask takes gaps for what they are elsewhere: missing.
        let policy = (try? client.topicSetting("cleanup.policy", of: topicName)) ?? nil
        return policy?.contains("compact") ?? false
    }

    /// Where a partition's log begins and ends; the end is the last stable offset.
    /// - Returns: nil for a partition that the topic does not have.
    func bounds(of partition: Int32) throws(PipelineError) -> (low: Int64, high: Int64)? {
        do throws(KafkaError) {
            return try client.watermarks(topicName, partition, timeout: .seconds(10))
        } catch {
            if [RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART].contains(error.code) {
                return nil
            }
            throw PipelineError(
                .unavailable, "cannot learn the ends of \(topicName)-\(partition)", reason: error.reason,
                remedy: "Check --kafka and the client's rights")
        }
    }

    /// Reads the records of a partition in order.
    /// - Parameters:
    ///   - partition: the partition.
    ///   - range: the offsets, which the log must reach.
    ///   - body: gets the records in batches of some thousand; false ends the reading.
    /// - Throws: ``PipelineError``: `unavailable` if a broker is silent for half a minute, and what `body` throws.
    func read(_ partition: Int32, _ range: Range<Int64>, _ body: (Batch) throws -> Bool) throws {
        if range.isEmpty { return }
        let queue: PartitionQueue
        do throws(KafkaError) {
            queue = try PartitionQueue.reading(partition, from: range.lowerBound, of: topic, client)
        } catch {
            throw Self.failure(error.reason)
        }
        defer {
            rd_kafka_consume_stop(topic.pointer, partition)
            queue.destroy()
        }
        pipe.watch(queue)
        var collector = BatchCollector(topic: topicName, log: client.log)
        var reader = PartitionReader(
            queue: queue, start: .init(claimed: range.lowerBound, fetched: range.lowerBound), end: range.upperBound)
        var deadline = access.clock.now + Self.patience
        while !reader.isFinished {
            pipe.drain()
            var builder = BatchBuilder(
                stream: StreamIdentity(cluster: clusterID, topic: topicName), capacity: 1 << 19,
                recordCapacity: Self.batchRecords)
            var taken = 0
            while taken < Self.batchRecords, !reader.isFinished {
                let count = try collector.read(
                    &reader, into: &builder, atMost: Self.batchRecords - taken, room: 1 << 20)
                if count == 0 { break }
                taken += count
            }
            while client.serve(.zero) {}
            if builder.recordCount > 0, try !body(builder.finish(claims: [])) { return }
            if taken > 0 {
                deadline = access.clock.now + Self.patience
            } else if access.clock.now >= deadline {
                throw PipelineError(
                    .unavailable, "cannot read \(topicName)-\(partition)-\(reader.next)",
                    reason: "nothing came for \(Int(Self.patience / .seconds(1))) s\(Self.drain(client))",
                    remedy: "Check that the brokers run, and verify again")
            } else {
                pipe.wait(.milliseconds(100))
            }
        }
    }

    private static func properties(_ brokers: String) -> [String: String] {
        [
            "bootstrap.servers": brokers, "enable.auto.commit": "false", "enable.auto.offset.store": "false",
            "enable.partition.eof": "true", "auto.offset.reset": "earliest", "isolation.level": "read_committed",
            "allow.auto.create.topics": "false", "fetch.wait.max.ms": "100",
            // Room for a second of reading: librdkafka 2.0.2 looks after a queue that was full only once a second. A proof
            // is short, so that memory is cheaper than a thread that wakes it.
            "queued.min.messages": "500000", "queued.max.messages.kbytes": "131072",
        ]
    }

    /// What the client has last complained of, to be put behind a reason.
    private static func drain(_ client: KafkaClient) -> String {
        while client.serve(.zero, isQuiet: true) {}
        return client.log.lastFailure.map { ": \($0)" } ?? ""
    }

    private static func failure(_ reason: String) -> PipelineError {
        PipelineError(.internalFault, "cannot read from Kafka", reason: reason)
    }
}
