import CRDKafka
import Foundation
import Pipeline
import Synchronization
import Testing

@testable import Stages

/// The broker that tests use, named by `KAFKA_TEST_BROKERS` (`scripts/kafka.sh start` makes one).
enum KafkaTestCluster {
    static let address = ProcessInfo.processInfo.environment["KAFKA_TEST_BROKERS"].flatMap { $0.isEmpty ? nil : $0 }
    static let isThere = address != nil
    static let reason: Comment = "needs a Kafka broker: scripts/kafka.sh start, and KAFKA_TEST_BROKERS=localhost:9092"
    static let clock = SystemClock()

    static var brokers: String { address ?? "" }

    static func uniqueName(_ name: String) -> String { "\(name)-\(UUID().uuidString.prefix(8).lowercased())" }

    static func stage(_ lines: LogLines = LogLines(), clock: any PipelineClock = clock) -> StageContext {
        StageContext(name: "kafka", pipeline: "test", log: lines.log, clock: clock) { _ in }
    }

    static func client(_ kind: rd_kafka_type_t, _ properties: [String: String] = [:]) throws -> KafkaClient {
        try KafkaClient(
            kind, properties: [["bootstrap.servers": brokers], properties], events: RD_KAFKA_EVENT_DR,
            log: ClientLog(stage(), secrets: []))
    }

    /// Makes a topic of a test's own.
    static func makeTopic(_ name: String = "test", partitions: Int32 = 1) throws -> String {
        let topic = uniqueName(name)
        let client = try client(RD_KAFKA_PRODUCER)
        defer { client.destroy() }
        try client.createTopic(topic, creation(partitions: partitions))
        waitFor(topic, partitions, client)
        return topic
    }

    /// Makes a topic that tests share, if it is not there.
    static func ensureTopic(_ topic: String) throws {
        let client = try client(RD_KAFKA_PRODUCER)
        defer { client.destroy() }
        // Another test may make it at the same time.
        try? client.createTopic(topic, creation(partitions: 1))
        waitFor(topic, 1, client)
    }

    private static func creation(partitions: Int32) -> TopicCreation {
        TopicCreation(partitions: partitions, replication: 1, retention: .seconds(86_400))
    }

    private static func waitFor(_ topic: String, _ partitions: Int32, _ client: KafkaClient) {
        while (try? client.topicState(topic, timeout: .seconds(5))) != .partitions(partitions) {
            client.serve(.milliseconds(20), isQuiet: true)
        }
    }

    static func sink(_ topic: String, _ more: [String: SettingValue] = [:]) throws -> any Sink {
        let values = ["brokers": .text(brokers), "topic": .text(topic)].merging(more) { _, new in new }
        guard case .sink(let sink) = try KafkaSink.definition.make("kafka", SettingValues(values)) else {
            throw Unexpected()
        }
        return sink
    }

    static func source(_ topic: String, _ more: [String: SettingValue] = [:]) throws -> any Source {
        let values = ["brokers": .text(brokers), "topic": .text(topic)].merging(more) { _, new in new }
        guard case .source(let source) = try KafkaSource.definition.make("kafka", SettingValues(values)) else {
            throw Unexpected()
        }
        return source
    }

    struct Unexpected: Error {}
}

/// Log lines of a test.
final class LogLines: Sendable {
    private let lines = Mutex<[Log.Entry]>([])

    var log: Log { Log { [self] entry in lines.withLock { $0.append(entry) } } }
    var all: [Log.Entry] { lines.withLock { $0 } }
}

/// A record as tests write and compare them.
struct TestRecord: Hashable, Sendable {
    var key: String?
    var value: [UInt8]?
    var headers: [RecordHeaders.Header] = []
    var timestamp = Timestamp(milliseconds: 1_750_000_000_000)

    init(_ key: String?, _ value: String?) {
        self.key = key
        self.value = value.map { Array($0.utf8) }
    }

    init(_ key: String?, bytes: [UInt8], headers: [RecordHeaders.Header] = [], timestamp: Timestamp? = nil) {
        self.key = key
        self.value = bytes
        self.headers = headers
        if let timestamp { self.timestamp = timestamp }
    }
}

extension Batch {
    static func of(_ records: [TestRecord], from first: Int64 = 0) -> Batch {
        var builder = BatchBuilder(stream: StreamIdentity(cluster: "test", topic: "test"), capacity: 0)
        for (place, record) in records.enumerated() {
            let key = record.key.map { builder.append(Array($0.utf8)) } ?? .absent
            let value = record.value.map { builder.append($0) } ?? .absent
            let headers = record.headers.isEmpty ? .absent : builder.append(RecordHeaders.encode(record.headers))
            builder.add(
                Record(
                    key: key, value: value, headers: headers, timestamp: record.timestamp,
                    position: Position(partition: 0, offset: first + Int64(place))))
        }
        return builder.finish(claims: [Claim(partition: 0, from: first, to: first + Int64(records.count))])
    }
}

/// Writes through the sink until everything is acknowledged.
@discardableResult
func deliver(_ batches: [Batch], with sink: any Sink) async throws -> [Int: [Rejection]] {
    let settled = Mutex<[Int: [Rejection]]>([:])
    try await sink.open(
        SinkContext(
            stage: KafkaTestCluster.stage(), takesDeadLetters: false, barrier: { _ in },
            failure: { Issue.record("the sink failed: \($0)") }))
    for (place, batch) in batches.enumerated() {
        try await sink.write(batch, receipt: Receipt { rejected in settled.withLock { $0[place] = rejected } })
    }
    try await sink.flush()
    await sink.close()
    let result = settled.withLock { $0 }
    #expect(result.count == batches.count, "every batch is acknowledged")
    return result
}

func deliver(_ records: [TestRecord], to topic: String) async throws {
    try await deliver([Batch.of(records)], with: try KafkaTestCluster.sink(topic))
}

/// What came out of a source, and the claims it came under, checked for gaps.
struct Reading {
    var records: [TestRecord] = []
    var positions: [Position] = []
    var next: [Int32: Int64] = [:]
    var first: [Int32: Int64] = [:]
    var lost = 0
    var stream: StreamIdentity?

    mutating func take(_ batch: Batch) {
        stream = batch.stream
        for claim in batch.claims {
            lost += claim.lost
            if let expected = next[claim.partition] {
                #expect(claim.from == expected, "claims of partition \(claim.partition) are contiguous")
            } else {
                first[claim.partition] = claim.from
            }
            next[claim.partition] = claim.to
        }
        for record in batch.records {
            let claim = batch.claims.first { $0.partition == record.partition }
            #expect(claim.map { ($0.from..<$0.to).contains(record.offset) } == true, "a record lies inside its claim")
            positions.append(record.position)
            records.append(
                TestRecord(
                    batch.bytes(record.key).map { String(decoding: $0, as: UTF8.self) }, batch: batch, record))
        }
    }
}

extension TestRecord {
    init(_ key: String?, batch: Batch, _ record: Record) {
        self.key = key
        value = batch.bytes(record.value)
        headers = batch.bytes(record.headers).map { RecordHeaders.decode($0) } ?? []
        timestamp = record.timestamp
    }
}

/// Reads until the source ends or a condition holds, as the runtime would.
func read(
    _ source: any Source, owners: [any PositionOwner] = [], lines: LogLines = LogLines(), atMost: Int = 10_000,
    acknowledges: Bool = true, closes: Bool = true, until isEnough: (Reading) -> Bool = { _ in false }
) async throws -> Reading {
    var reading = Reading()
    try await source.open(SourceContext(stage: KafkaTestCluster.stage(lines), owners: owners))
    try await source.start()
    try await go(on: source, &reading, atMost: atMost, acknowledges: acknowledges, until: isEnough)
    if closes { await source.close() }
    return reading
}

func go(
    on source: any Source, _ reading: inout Reading, atMost: Int = 10_000, acknowledges: Bool = true,
    until isEnough: (Reading) -> Bool
) async throws {
    while !isEnough(reading) {
        guard case .batch(let batch) = try await source.next(atMost: atMost) else { break }
        #expect(batch.records.count <= atMost)
        reading.take(batch)
        if acknowledges, !batch.claims.isEmpty {
            await source.advance(to: Dictionary(uniqueKeysWithValues: batch.claims.map { ($0.partition, $0.to) }))
        }
    }
}
