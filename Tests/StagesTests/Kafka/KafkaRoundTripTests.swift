import CRDKafka
import Pipeline
import PipelineTesting
import Testing

@testable import Stages

@Suite(.enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason), .timeLimit(.minutes(2)))
struct KafkaRoundTripTests {
    @Test("what goes in by the sink comes out of the source, each key in order, claims without a gap")
    func roundTrip() async throws {
        let topic = try KafkaTestCluster.makeTopic(partitions: 3)
        let records = (0..<20_000).map { TestRecord("ATM-\($0 % 100)", "message \($0)") }
        let batches = stride(from: 0, to: records.count, by: 700).map { start in
            Batch.of(Array(records[start..<min(start + 700, records.count)]), from: Int64(start))
        }
        let rejected = try await deliver(batches, with: try KafkaTestCluster.sink(topic))
        #expect(rejected.values.filter { !$0.isEmpty }.isEmpty)

        let reading = try await read(try KafkaTestCluster.source(topic, ["until": .text("end")]), atMost: 3_000)
        #expect(reading.records.count == records.count)
        for key in Set(records.map(\.key)) {
            let sent = records.filter { $0.key == key }.map(\.value)
            #expect(reading.records.filter { $0.key == key }.map(\.value) == sent)
        }
        #expect(reading.next.values.reduce(0, +) == Int64(records.count))
        #expect(reading.stream?.topic == topic)
        #expect(reading.stream?.cluster.isEmpty == false)
        let partitions = Dictionary(grouping: zip(reading.records, reading.positions), by: \.0.key)
        for (key, places) in partitions {
            let expected = Array((key ?? "").utf8).withUnsafeBytes { Murmur2.partition(of: $0, among: 3) }
            #expect(places.allSatisfy { $0.1.partition == expected })
        }
    }

    @Test("tombstones, empty values, absent keys, headers and a megabyte arrive as they were sent")
    func shapes() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        var random = SeededRandom(seed: 1)
        let megabyte = (0..<1_000_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let headers = [
            RecordHeaders.Header(name: "trace", value: Array("abc".utf8)),
            RecordHeaders.Header(name: "trace", value: nil), RecordHeaders.Header(name: "empty", value: []),
        ]
        let records = [
            TestRecord("k", nil), TestRecord(nil, ""), TestRecord("", "empty key"),
            TestRecord("k", bytes: Array("with headers".utf8), headers: headers), TestRecord("k", bytes: megabyte),
        ]
        try await deliver(records, to: topic)
        let reading = try await read(try KafkaTestCluster.source(topic, ["until": .text("end")]))
        #expect(reading.records.map(\.key) == records.map(\.key))
        #expect(reading.records.map(\.value) == records.map(\.value))
        #expect(reading.records.map(\.headers) == records.map(\.headers))
    }

    @Test("a record's own time is kept when asked for", arguments: [true, false])
    func timestamps(isRecordTime: Bool) async throws {
        let topic = try KafkaTestCluster.makeTopic()
        let time = Timestamp(milliseconds: KafkaTestCluster.clock.wallTime.milliseconds - 3_600_000)
        let sink = try KafkaTestCluster.sink(topic, ["timestamp": .text(isRecordTime ? "record" : "sending")])
        try await deliver([Batch.of([TestRecord("k", bytes: [1], timestamp: time)])], with: sink)
        let reading = try await read(try KafkaTestCluster.source(topic, ["until": .text("end")]))
        #expect((reading.records.first?.timestamp == time) == isRecordTime)
    }

    @Test("an empty topic and one that does not exist end at once when the end is wanted")
    func nothing() async throws {
        let empty = try await read(
            try KafkaTestCluster.source(try KafkaTestCluster.makeTopic(), ["until": .text("end")]))
        #expect(empty.records.isEmpty)
        let missing = KafkaTestCluster.uniqueName("missing")
        let nothing = try await read(try KafkaTestCluster.source(missing, ["until": .text("end")]))
        #expect(nothing.records.isEmpty)
    }
}
