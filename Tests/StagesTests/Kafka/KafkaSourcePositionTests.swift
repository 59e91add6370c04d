import CRDKafka
import Pipeline
import Synchronization
import Testing

@testable import Stages

/// An owner that keeps positions in memory.
actor OwnerInMemory: PositionOwner {
    var stream: StreamIdentity?
    var positions: [Int32: Int64]
    var marks: [Int32: RecordMark]
    var begun: [[Int32: Int64]] = []
    var anew: [[Int32: Int64]] = []

    init(_ positions: [Int32: Int64] = [:], marks: [Int32: RecordMark] = [:], stream: StreamIdentity? = nil) {
        self.positions = positions
        self.marks = marks
        self.stream = stream
    }

    func storedStream() -> StreamIdentity? { stream }
    func storedPositions() -> [Int32: Int64] { positions }
    func storedMarks() -> [Int32: RecordMark] { marks }

    func begin(_ stream: StreamIdentity, at positions: [Int32: Int64]) {
        self.stream = stream
        begun.append(positions)
        self.positions.merge(positions) { old, _ in old }
    }

    func beginAnew(_ stream: StreamIdentity, at positions: [Int32: Int64]) {
        self.stream = stream
        anew.append(positions)
        self.positions.merge(positions) { _, new in new }
    }

    func open(_ context: SinkContext) {}
    func write(_ batch: Batch, receipt: Receipt) {}
}

@Suite(.enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason), .timeLimit(.minutes(2)))
struct KafkaSourcePositionTests {
    private static func filled(_ count: Int, partitions: Int32 = 1) async throws -> String {
        let topic = try KafkaTestCluster.makeTopic(partitions: partitions)
        try await deliver((0..<count).map { TestRecord("k\($0)", "v\($0)") }, to: topic)
        return topic
    }

    @Test("an owner's position is where reading goes on, the lower of two")
    func owners() async throws {
        let topic = try await Self.filled(100)
        let owners = [OwnerInMemory([0: 70]), OwnerInMemory([0: 40])]
        let source = try KafkaTestCluster.source(topic, ["until": .text("end")])
        let reading = try await read(source, owners: owners)
        #expect(reading.first == [0: 40])
        #expect(reading.records.count == 60)
        #expect(await owners[0].begun == [[:]])
    }

    @Test("\"latest\" is resolved to a number that the owner holds before the first fetch")
    func latest() async throws {
        let topic = try await Self.filled(100)
        let owner = OwnerInMemory()
        let source = try KafkaTestCluster.source(topic, ["offset_reset": .text("latest")])
        try await source.open(SourceContext(stage: KafkaTestCluster.stage(), owners: [owner]))
        #expect(await owner.positions == [0: 100])
        #expect(await owner.stream?.topic == topic)
        // What is written between open and start is read: the number holds, not the moment of the first fetch.
        try await deliver([TestRecord("k", "after")], to: topic)
        try await source.start()
        var reading = Reading()
        try await go(on: source, &reading) { !$0.records.isEmpty }
        await source.close()
        #expect(reading.records.map(\.value) == [Array("after".utf8)])
        #expect(reading.first == [0: 100])
    }

    @Test("a position beyond the end is an error that says so")
    func beyond() async throws {
        let topic = try await Self.filled(10)
        let source = try KafkaTestCluster.source(topic)
        let error = await #expect(throws: PipelineError.self) {
            try await source.open(SourceContext(stage: KafkaTestCluster.stage(), owners: [OwnerInMemory([0: 11])]))
        }
        await source.close()
        #expect(error?.place == "\(topic)-0-11")
        #expect(error?.isRetriable == false)
    }

    @Test("records deleted by retention are warned of, and lie inside the first claim")
    func gone() async throws {
        let topic = try await Self.filled(100)
        try KafkaTestCluster.deleteRecords(topic, before: 30)
        let lines = LogLines()
        let source = try KafkaTestCluster.source(topic, ["until": .text("end")])
        let reading = try await read(source, owners: [OwnerInMemory([0: 10])], lines: lines)
        #expect(reading.first == [0: 10])
        #expect(reading.positions.first == Position(partition: 0, offset: 30))
        #expect(reading.records.count == 70)
        #expect(lines.all.contains { $0.level == .warning && $0.details.contains(.init("records", "20")) })
    }

    @Test("a reader that retention overtakes goes on at the log's beginning, claims what is lost, and says so once")
    func overtaken() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        let value = String(repeating: "v", count: 20_000)
        for _ in 0..<3 { try await deliver((0..<100).map { TestRecord("k\($0)", value) }, to: topic) }
        let lines = LogLines()
        let source = try KafkaTestCluster.source(
            topic,
            [
                "until": .text("end"),
                "properties": .object([
                    "queued.min.messages": .integer(1), "fetch.message.max.bytes": .integer(20_000),
                    "queued.max.messages.kbytes": .integer(1),
                ]),
            ])
        let owner = OwnerInMemory()
        try await source.open(SourceContext(stage: KafkaTestCluster.stage(lines), owners: [owner]))
        try await source.start()
        var reading = Reading()
        try await go(on: source, &reading, atMost: 1) { !$0.records.isEmpty }
        // What was fetched ahead comes still; both losses lie behind it, the second while the first is waited for.
        try KafkaTestCluster.deleteRecords(topic, before: 250)
        try await go(on: source, &reading, atMost: 1) { ($0.positions.last?.offset ?? 0) >= 250 }
        try KafkaTestCluster.deleteRecords(topic, before: 290)
        try await go(on: source, &reading) { _ in false }
        await source.close()
        #expect(reading.next == [0: 300])
        #expect(reading.positions.contains(Position(partition: 0, offset: 299)))
        let lost = 300 - reading.records.count
        #expect(lost > 0)
        #expect(reading.lost == lost)
        #expect(source.measurements.first { $0.name == "gone" }?.value == .integer(Int64(lost)))
        #expect(lines.all.filter { $0.message.contains("deleted by retention") }.count == 1)
    }

    @Test("chosen partitions and shards read their own partitions and no others")
    func choice() async throws {
        let topic = try await Self.filled(300, partitions: 3)
        var seen: [Set<Int32>] = []
        var total = 0
        for words in ["shard 1/2", "shard 2/2", "0,2"] {
            let source = try KafkaTestCluster.source(topic, ["until": .text("end"), "partitions": .text(words)])
            let reading = try await read(source)
            seen.append(Set(reading.next.keys))
            if words.hasPrefix("shard") { total += reading.records.count }
        }
        #expect(seen == [[0, 2], [1], [0, 2]])
        #expect(total == 300)
    }

    @Test("a partition that appears while reading is read from its beginning, and the owner hears of it")
    func newPartitions() async throws {
        let topic = try await Self.filled(10)
        let owner = OwnerInMemory()
        let source = try KafkaTestCluster.source(topic, ["offset_reset": .text("latest")])
        try await source.open(SourceContext(stage: KafkaTestCluster.stage(), owners: [owner]))
        try await source.start()
        try KafkaTestCluster.addPartitions(topic, total: 4)
        try await deliver((0..<400).map { TestRecord("k\($0)", "v") }, to: topic)
        var reading = Reading()
        try await go(on: source, &reading) { $0.records.count == 400 }
        await source.close()
        #expect(Set(reading.next.keys) == [0, 1, 2, 3])
        #expect(await owner.positions.keys.sorted() == [0, 1, 2, 3])
        #expect(await owner.begun.last?.values.allSatisfy { $0 == 0 } == true)
    }

    @Test("a topic that does not exist yet is waited for and then read from its beginning")
    func laterTopic() async throws {
        let topic = KafkaTestCluster.uniqueName("later")
        let source = try KafkaTestCluster.source(topic, ["offset_reset": .text("latest")])
        try await source.open(SourceContext(stage: KafkaTestCluster.stage(), owners: []))
        try await source.start()
        try await deliver((0..<10).map { TestRecord("k\($0)", "v") }, to: topic)
        var reading = Reading()
        try await go(on: source, &reading) { $0.records.count == 10 }
        await source.close()
        #expect(reading.records.count == 10)
    }

    @Test("aborted records and markers lie inside claims, and the end is reached over them")
    func transactions() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        try KafkaTestCluster.writeTransactions(
            topic, [(["a", "b"], true), (["c"], false), (["d"], true), (["e", "f"], false)])
        let reading = try await read(try KafkaTestCluster.source(topic, ["until": .text("end")]))
        #expect(reading.records.map { String(decoding: $0.value ?? [], as: UTF8.self) } == ["a", "b", "d"])
        #expect(reading.positions.map(\.offset) == [0, 1, 5])
        // Six records and four markers.
        #expect(reading.next == [0: 10])
        #expect(reading.first == [0: 0])
    }

    @Test("reading in small portions gives every record once")
    func smallPortions() async throws {
        let topic = try await Self.filled(50, partitions: 3)
        let reading = try await read(try KafkaTestCluster.source(topic, ["until": .text("end")]), atMost: 1)
        #expect(Set(reading.positions).count == 50)
    }
}
