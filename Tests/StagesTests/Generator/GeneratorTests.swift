import Pipeline
import PipelineTesting
import Testing

@testable import Stages

@Suite("The generator")
struct GeneratorTests {
    private let clock = ManualClock()
    private let log = CollectingLog()

    private func context(_ owners: any PositionOwner...) -> SourceContext {
        let stage = StageContext(
            name: "generator", pipeline: "test", log: log.log, clock: clock, stop: { _ in })
        return SourceContext(stage: stage, owners: owners)
    }

    private func owner(_ stream: StreamIdentity? = nil, _ positions: [Int32: Int64] = [:]) -> RecordingOwner {
        var store = RecordingOwner.Store()
        store.stream = stream
        store.positions = positions
        return RecordingOwner(store: Watched(store))
    }

    private func generator(seed: Int64?, count: Int64? = nil, clock: Generator.Clock = .wall) -> Generator {
        Generator(
            Generator.Configuration(
                stream: TransactionSettings(seed: seed ?? 0), isSeedRandom: seed == nil, count: count, clock: clock),
            drawSeed: { 77 })
    }

    private func batches(_ generator: Generator, atMost count: Int) async throws -> [Batch] {
        var batches: [Batch] = []
        while case .batch(let batch) = try await generator.next(atMost: count) { batches.append(batch) }
        return batches
    }

    private func values(_ batches: [Batch]) -> [String] {
        batches.flatMap { $0.texts.compactMap { $0 } }
    }

    @Test("claims follow one another and the end comes after the last record")
    func claims() async throws {
        let generator = generator(seed: 1, count: 1_001)
        try await generator.open(context())
        let batches = try await batches(generator, atMost: 250)
        #expect(batches.map(\.records.count) == [250, 250, 250, 250, 1])
        #expect(batches.flatMap(\.claims).map(\.from) == [0, 250, 500, 750, 1_000])
        #expect(batches.flatMap(\.claims).map(\.to) == [250, 500, 750, 1_000, 1_001])
        #expect(batches.flatMap(\.records).map(\.offset) == Array(0..<1_001))
        #expect(
            generator.measurements.prefix(2) == [.init("seed", .integer(1)), .init("next", .integer(1_001))])
    }

    @Test("a batch has at most ten thousand records however many are wanted")
    func limit() async throws {
        let generator = generator(seed: 1, count: 10_500)
        try await generator.open(context())
        #expect(try await batches(generator, atMost: .max).map(\.records.count) == [10_000, 500])
    }

    @Test("a stream of no records ends at once")
    func empty() async throws {
        let generator = generator(seed: 1, count: 0)
        try await generator.open(context())
        #expect(try await batches(generator, atMost: 10).isEmpty)
    }

    @Test("under the clock wall a record carries the time it was asked for")
    func wallClock() async throws {
        let generator = generator(seed: 1, count: 2)
        try await generator.open(context())
        let asked = clock.wallTime
        clock.advance(by: .milliseconds(1_500))
        let batches = try await batches(generator, atMost: 1)
        #expect(
            batches.flatMap(\.records).map(\.timestamp.microseconds)
                == Array(repeating: asked.microseconds + 1_500_000, count: 2))
        #expect(
            values(batches).allSatisfy { $0.contains(Timestamp(microseconds: asked.microseconds + 1_500_000).rfc3339) })
    }

    @Test("under the clock schedule the stream is the same byte for byte however it is asked for")
    func schedule() async throws {
        let first = generator(seed: 5, count: 3_000, clock: .schedule)
        let second = generator(seed: 5, count: 3_000, clock: .schedule)
        try await first.open(context())
        try await second.open(context())
        let whole = try await batches(first, atMost: 3_000)
        clock.advance(by: .seconds(60))
        let parts = try await batches(second, atMost: 7)
        #expect(values(whole) == values(parts))
    }

    @Test("under the clock wall everything but the time is the same")
    func wallIsRepeatable() async throws {
        let first = generator(seed: 5, count: 100)
        let second = generator(seed: 5, count: 100)
        try await first.open(context())
        try await second.open(context())
        let before = values(try await batches(first, atMost: 100))
        clock.advance(by: .seconds(1))
        let after = values(try await batches(second, atMost: 9))
        let withoutTime: (String) -> Substring = { $0.dropFirst(32).prefix { $0 != "Z" }.dropLast(26) }
        #expect(before.map(withoutTime) == after.map(withoutTime))
        #expect(before != after)
    }

    @Test("a random seed is drawn once, logged and shown")
    func randomSeed() async throws {
        let generator = generator(seed: nil)
        try await generator.open(context())
        #expect(generator.measurements.first == Measurement("seed", .integer(77)))
        let line = try #require(log.entries.value.first)
        #expect(line.level == .info)
        #expect(line.details.contains(.init("seed", "77")))
    }

    @Test("seeds drawn by chance stay exact in JSON")
    func seedRange() {
        #expect((0..<1_000).map { _ in Generator.randomSeed() }.allSatisfy { (0..<1 << 53).contains($0) })
    }

    @Test("a new owner hears of the stream before the first record")
    func newOwner() async throws {
        let owner = self.owner()
        let generator = generator(seed: 3)
        try await generator.open(context(owner))
        #expect(owner.store.value.stream == TransactionStream(TransactionSettings(seed: 3)).identity)
        #expect(owner.store.value.positions == [0: 0])
    }

    @Test("a random seed goes on with the owner's stream, and the count is that of the whole stream")
    func goingOn() async throws {
        let stored = TransactionStream(TransactionSettings(seed: 9)).identity
        let generator = generator(seed: nil, count: 1_000)
        try await generator.open(context(owner(stored, [0: 400])))
        let batches = try await batches(generator, atMost: 10_000)
        #expect(batches.flatMap(\.claims) == [Claim(partition: 0, from: 400, to: 1_000)])
        #expect(generator.measurements.first == Measurement("seed", .integer(9)))
    }

    @Test("an owner that has the whole stream gets nothing more")
    func complete() async throws {
        let stored = TransactionStream(TransactionSettings(seed: 9)).identity
        let generator = generator(seed: 9, count: 1_000)
        try await generator.open(context(owner(stored, [0: 1_000])))
        #expect(try await batches(generator, atMost: 10).isEmpty)
    }

    @Test("with two owners the lower position counts, and a new one is told the stream")
    func twoOwners() async throws {
        let stored = TransactionStream(TransactionSettings(seed: 9)).identity
        let generator = generator(seed: nil, count: 1_000)
        try await generator.open(context(owner(stored, [0: 700]), owner(stored, [0: 300])))
        #expect(try await batches(generator, atMost: 10_000).first?.claims.first?.from == 300)

        let newcomer = owner()
        let again = self.generator(seed: nil, count: 1_000)
        try await again.open(context(newcomer, owner(stored, [0: 300])))
        #expect(newcomer.store.value.stream == stored)
        #expect(try await batches(again, atMost: 10_000).first?.claims.first?.from == 0)
    }

    @Test("another seed than the owner's is refused, with both named, and nothing is begun")
    func otherSeed() async throws {
        let stored = TransactionStream(TransactionSettings(seed: 9)).identity
        let owner = self.owner(stored, [0: 400])
        let error = await #expect(throws: PipelineError.self) {
            try await generator(seed: 8).open(context(owner))
        }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("seed=8") == true)
        #expect(error?.description.contains("seed=9") == true)
        #expect(owner.store.value.stream == stored && owner.store.value.positions == [0: 400])
    }

    @Test("two owners of different streams are refused")
    func differentOwners() async throws {
        let streams = [1, 2].map { TransactionStream(TransactionSettings(seed: $0)).identity }
        await #expect(throws: PipelineError.self) {
            try await generator(seed: nil).open(context(owner(streams[0]), owner(streams[1])))
        }
    }

    @Test("an owner of some other source's stream says so itself")
    func foreignOwner() async throws {
        let owner = self.owner(StreamIdentity(cluster: "kafka", topic: "atm-transactions"))
        let error = await #expect(throws: PipelineError.self) { try await generator(seed: nil).open(context(owner)) }
        #expect(error?.what == "cannot begin")
    }

    @Test("cancelling ends it")
    func cancellation() async throws {
        let generator = generator(seed: 1)
        try await generator.open(context())
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            _ = try await generator.next(atMost: 1)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a pipeline file that gives no setting makes a generator that works")
    func definition() async throws {
        let values = SettingValues([:])
        guard case .source(let source) = try Generator.definition.make("generator", values) else {
            Issue.record("not a source")
            return
        }
        try await source.open(context())
        guard case .batch(let batch) = try await source.next(atMost: 3) else {
            Issue.record("ended")
            return
        }
        #expect(batch.records.count == 3)
        #expect(source.isReplayable)
    }

    @Test("weights that leave nothing to choose are refused")
    func weights() throws {
        let setting = try #require(Generator.definition.settings.first { $0.name == "weights" })
        guard case .object(let fields) = setting.form else {
            Issue.record("not an object")
            return
        }
        for field in fields {
            guard case .object(let defaults) = field.defaultValue else {
                Issue.record("no defaults")
                return
            }
            #expect(field.problem(with: .object(defaults)) == nil)
            #expect(field.problem(with: .object(defaults.mapValues { _ in .number(0) })) != nil)
        }
    }
}
