import CRDKafka
import Pipeline
import PipelineTesting
import Testing

@testable import Stages

/// A sink that delivers exactly once, as the runtime would use it, with a topic of its own.
struct TransactionTrial: Sendable {
    static let stream = StreamIdentity(cluster: "test", topic: "test")

    let topic: String
    /// The transactional.id of every sink made here.
    let id: String
    let progressTopic: String
    let lines = LogLines()
    let failures = Watched<[PipelineError]>([])

    init(partitions: Int32 = 1, progressTopic: String = "sluice-progress-test") throws {
        topic = try KafkaTestCluster.makeTopic("exactly-once", partitions: partitions)
        id = KafkaTestCluster.uniqueName("producer")
        self.progressTopic = progressTopic
    }

    func sink(_ more: [String: SettingValue] = [:]) throws -> any PositionOwner {
        let values: [String: SettingValue] = [
            "delivery": .text("exactly-once"), "transactional_id": .text(id), "progress_topic": .text(progressTopic),
        ]
        return try #require(
            try KafkaTestCluster.sink(topic, values.merging(more) { _, new in new }) as? any PositionOwner)
    }

    /// Blocks until the log of partition 0 has come so far, whether or not the transactions in it are committed. A transaction
    /// of which the coordinator has not heard yet cannot be relied on to be aborted: it may answer INVALID_TXN_STATE, at which
    /// the runtime opens a sink again and a trial does not.
    func awaitLog(_ end: Int64) throws {
        let client = try KafkaTestCluster.client(RD_KAFKA_CONSUMER, ["isolation.level": "read_uncommitted"])
        defer { client.destroy() }
        while try client.offsets(at: .next, of: topic, [0], timeout: .seconds(5))[0] ?? 0 < end {
            client.serve(.milliseconds(5), isQuiet: true)
        }
    }

    var context: SinkContext {
        SinkContext(
            stage: KafkaTestCluster.stage(lines), takesDeadLetters: false, barrier: { _ in },
            failure: { [failures] error in failures.update { $0.append(error) } })
    }

    /// Opens a sink as the runtime does with a source that begins at 0.
    /// - Returns: where it goes on.
    @discardableResult
    func open(_ sink: any PositionOwner, _ stream: StreamIdentity = Self.stream) async throws -> Int64 {
        try await sink.open(context)
        let stored = try await sink.storedStream()
        #expect(stored == nil || stored == stream)
        try await sink.begin(stream, at: [0: 0])
        let next = try #require(try await sink.storedPositions()[0])
        try await sink.start()
        return next
    }

    /// Records `from` to `to` of the stream; the value is the position.
    static func batch(_ range: Range<Int64>, _ change: (inout [TestRecord]) -> Void = { _ in }) -> Batch {
        var records = range.map { TestRecord("k\($0 % 7)", "\($0)") }
        change(&records)
        return .of(records, from: range.lowerBound)
    }

    /// The partition in which the progress of every sink made here lies.
    var progressPartition: Int32 {
        ProgressTopic(
            ConnectionSettings(SettingValues(["topic": .text(progressTopic)])), id: id, partitions: 8
        ).partition
    }

    /// Writes a batch.
    /// - Returns: hears the acknowledgement.
    @discardableResult
    func write(_ batch: Batch, to sink: any Sink) async throws -> Watched<[Rejection]?> {
        let answer = Watched<[Rejection]?>(nil)
        try await sink.write(batch, receipt: Receipt { rejections in answer.set(rejections) })
        return answer
    }

    /// The values that a reader of committed records sees now, in order.
    func committed() async throws -> [String] {
        try await read(try KafkaTestCluster.source(topic, ["until": .text("end")])).records.map { record in
            String(decoding: record.value ?? [], as: UTF8.self)
        }
    }

    /// A producer in the middle of a transaction: a record to a partition is written and not committed.
    static func openTransaction(
        _ id: String, _ topic: String, _ partition: Int32
    ) throws -> KafkaClient {
        let client = try KafkaTestCluster.client(RD_KAFKA_PRODUCER, ["transactional.id": id])
        try ProducerTenure(id: id, topic: topic, timeout: .seconds(60), context: KafkaTestCluster.stage())
            .take(with: client)
        try client.beginTransaction()
        let handle = try TopicHandle(client, topic)
        defer { handle.destroy() }
        // With a key, which a compacted topic demands.
        let code = Array("uncommitted".utf8).withUnsafeBytes { text in
            rd_kafka_produce(
                handle.pointer, partition, RD_KAFKA_MSG_F_COPY, UnsafeMutableRawPointer(mutating: text.baseAddress),
                text.count, text.baseAddress, text.count, nil)
        }
        try KafkaError.check(code == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error())
        var report: rd_kafka_resp_err_t?
        while report == nil {
            client.serve(.milliseconds(100)) { event in event.forEachMessage { report = $0.pointee.err } }
        }
        try KafkaError.check(report ?? RD_KAFKA_RESP_ERR__FAIL)
        return client
    }
}
