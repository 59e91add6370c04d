import CRDKafka
import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import Stages

@Suite(
    "The kafka sink that commits for a group", .enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason),
    .timeLimit(.minutes(2)))
struct TransactionalGroupTests {
    @Test("the group's positions are committed with the records, and not before")
    func commit() async throws {
        let trial = try GroupTrial()
        let sink = try await trial.open()
        trial.group.assign([0: 0])
        let answer = try await trial.write(0..<100, to: sink)
        #expect(answer.value == nil)
        #expect(try trial.group.committed() == [:])
        try await sink.flush()
        #expect(answer.value == [])
        #expect(try trial.group.committed() == [0: 100])
        #expect(try await trial.transactions.committed().count == 100)
        // A claim without records is committed too.
        var empty = Batch(stream: trial.stream, claims: [Claim(partition: 0, from: 100, to: 120, records: 0)])
        empty.generation = 1
        try await sink.write(empty, receipt: Receipt { _ in })
        try await sink.flush()
        #expect(try trial.group.committed() == [0: 120])
        await sink.close()
    }

    @Test("what is not committed when the group takes partitions away is given back: seen by nobody, and acknowledged")
    func takenAway() async throws {
        let trial = try GroupTrial()
        let sink = try await trial.open()
        trial.group.assign([0: 0])
        try await trial.write(0..<10, to: sink)
        try await sink.flush()
        let lost = try await trial.write(10..<30, to: sink)
        // The first ten, their marker, and these.
        try trial.transactions.awaitLog(31)
        trial.group.withdraw()
        let late = try await trial.write(30..<40, to: sink)
        #expect(late.value == [], "no partition is this member's now")
        try await sink.flush()
        #expect(lost.value == [])
        #expect(sink.measurements.contains(.total("given_back", 30)))
        #expect(try trial.group.committed() == [0: 10])
        #expect(try await trial.transactions.committed() == (0..<10).map { "\($0)" })
        await sink.close()
    }

    @Test("records of an earlier assignment are left out also when the partition has come back, and each is seen once")
    func cameBack() async throws {
        let trial = try GroupTrial()
        let sink = try await trial.open()
        trial.group.assign([0: 0])
        try await trial.write(0..<10, to: sink)
        try trial.transactions.awaitLog(10)
        trial.group.withdraw()
        trial.group.assign([0: 0])
        // What was on its way under the first assignment, the last part of it beyond what the second has read so far.
        try await trial.write(10..<30, to: sink, generation: 1)
        try await trial.write(0..<20, to: sink, generation: 2)
        try await sink.flush()
        #expect(try trial.group.committed() == [0: 20])
        try await trial.write(20..<30, to: sink, generation: 2)
        try await sink.flush()
        #expect(sink.measurements.contains(.total("given_back", 30)))
        #expect(sink.measurements.contains(.total("delivered", 30)))
        #expect(try trial.group.committed() == [0: 30])
        #expect(try await trial.transactions.committed() == (0..<30).map { "\($0)" })
        await sink.close()
    }

    @Test("a sink that is opened again leaves out what the group has by now")
    func openedAgain() async throws {
        let trial = try GroupTrial()
        let sink = try await trial.open()
        trial.group.assign([0: 0])
        try await trial.write(0..<50, to: sink)
        try await sink.flush()
        await sink.close()
        try await trial.open(sink)
        // As if the answer to the commit had been lost: all of it is given once more.
        try await trial.write(0..<50, to: sink)
        try await trial.write(50..<60, to: sink)
        try await sink.flush()
        #expect(sink.measurements.contains(.total("repeated", 50)))
        #expect(try trial.group.committed() == [0: 60])
        #expect(try await trial.transactions.committed() == (0..<60).map { "\($0)" })
        await sink.close()
    }

    @Test("a member that the group has forgotten commits nothing, and goes on with the next assignment")
    func forgotten() async throws {
        let trial = try GroupTrial()
        let sink = try await trial.open()
        trial.group.assign([0: 0], member: "somebody", generation: 7)
        let refused = try await trial.write(0..<10, to: sink)
        try await sink.flush()
        #expect(refused.value == [])
        #expect(sink.measurements.contains(.total("given_back", 10)))
        #expect(try trial.group.committed() == [:])
        #expect(try await trial.transactions.committed().isEmpty)
        // Not tried again under the same assignment.
        let late = try await trial.write(10..<20, to: sink, generation: 1)
        #expect(late.value == [])
        trial.group.assign([0: 0])
        try await trial.write(0..<10, to: sink, generation: 2)
        try await sink.flush()
        #expect(try trial.group.committed() == [0: 10])
        #expect(try await trial.transactions.committed().count == 10)
        await sink.close()
    }

    @Test("a batch that leaves positions out is a fault of our own")
    func gap() async throws {
        let trial = try GroupTrial()
        let sink = try await trial.open()
        trial.group.assign([0: 0])
        let error = await #expect(throws: PipelineError.self) { try await trial.write(10..<20, to: sink) }
        #expect(error?.code == .internalFault)
        await sink.close()
    }

    @Test("a client that a group does not know has no membership, by which it could commit while the group is empty")
    func noMembership() throws {
        let client = try KafkaTestCluster.client(RD_KAFKA_CONSUMER, ["group.id": KafkaTestCluster.uniqueName("group")])
        defer { client.destroy() }
        #expect(throws: KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID)) { try client.membership() }
    }

    @Test("a member of a real group knows by what the group knows it")
    func membership() async throws {
        let topic = try KafkaTestCluster.makeTopic()
        let source = try KafkaTestCluster.source(
            topic, ["group": .text("group-\(topic)")])
        let group = try #require(source.group)
        #expect(group.assignment == nil)
        _ = try await read(source, closes: false) { _ in group.assignment != nil }
        let assignment = try #require(group.assignment)
        #expect(assignment.starts == [0: 0])
        #expect(assignment.generation == 1)
        #expect(try group.committedPositions(of: [0]) == [0: 0])
        let text = String(decoding: assignment.membership, as: UTF8.self)
        #expect(text.contains("group-\(topic)"))
        await source.close()
        #expect(group.assignment == nil)
        #expect(throws: PipelineError.self) { try group.committedPositions(of: [0]) }
    }
}

/// A sink behind a group that a test plays.
struct GroupTrial: Sendable {
    let transactions: TransactionTrial
    let group: ScriptedGroup

    init() throws {
        // Brokers take positions only of topics that are there.
        try KafkaTestCluster.ensureTopic(TransactionTrial.stream.topic)
        transactions = try TransactionTrial()
        group = ScriptedGroup(name: KafkaTestCluster.uniqueName("group"), topic: TransactionTrial.stream.topic)
    }

    var stream: StreamIdentity { TransactionTrial.stream }

    func open() async throws -> any PositionOwner {
        let sink = try transactions.sink()
        try await open(sink)
        return sink
    }

    func open(_ sink: any PositionOwner) async throws {
        try await sink.open(
            SinkContext(
                stage: KafkaTestCluster.stage(transactions.lines), takesDeadLetters: false, group: group,
                barrier: { _ in }, failure: { Issue.record("the sink failed: \($0)") }))
        try await sink.start()
    }

    /// Writes records of a generation: the group's own unless one is given.
    @discardableResult
    func write(
        _ range: Range<Int64>, to sink: any Sink, generation: Int? = nil
    ) async throws -> Watched<[Rejection]?> {
        var batch = TransactionTrial.batch(range)
        batch.generation = generation ?? group.assignment?.generation ?? 0
        return try await transactions.write(batch, to: sink)
    }
}

/// A group without members, in which a test says what is assigned; its positions are those of a real broker.
final class ScriptedGroup: ConsumerGroup {
    let name: String
    private let topic: String
    private let brokers: String
    private let state = Mutex<(assignment: GroupAssignment?, last: Int)>((nil, 0))

    init(name: String, topic: String, brokers: String = KafkaTestCluster.brokers) {
        self.name = name
        self.topic = topic
        self.brokers = brokers
    }

    var assignment: GroupAssignment? { state.withLock { $0.assignment } }

    /// Assigns partitions. Nobody in particular may commit for a group without members.
    func assign(_ starts: [Int32: Int64], member: String = "", generation: Int32 = -1) {
        let metadata = GroupMetadata(group: name, generation: generation, member: member, instance: nil)
        let words = (try? metadata?.words) ?? []
        state.withLock { state in
            state.last += 1
            state.assignment = GroupAssignment(generation: state.last, starts: starts, membership: words)
        }
    }

    func withdraw() {
        state.withLock { $0.assignment = nil }
    }

    func committedPositions(of partitions: [Int32]) throws -> [Int32: Int64] {
        let client = try KafkaTestCluster.client(
            RD_KAFKA_CONSUMER,
            ["bootstrap.servers": brokers, "group.id": name, "isolation.level": "read_committed"])
        defer { client.destroy() }
        return try client.committed(topic, partitions, timeout: .seconds(10))
    }

    func committed() throws -> [Int32: Int64] {
        try committedPositions(of: [0])
    }
}
