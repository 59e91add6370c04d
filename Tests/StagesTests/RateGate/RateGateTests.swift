import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import Stages

@Suite("The rate gate")
struct RateGateTests {
    private let clock = ManualClock()

    private func opened(_ gate: RateGate) async throws -> RateGate {
        try await gate.open(
            StageContext(name: "rate-gate", pipeline: "test", log: .none, clock: clock, stop: { _ in }))
        try await gate.start()
        return gate
    }

    private let nowhere = Emitter(send: { _ in }, drop: { _ in })

    /// Runs the gate for a time with a source that has whatever is asked for.
    /// - Returns: when batches passed and how many records each had.
    private func run(
        _ gate: RateGate, for duration: Duration, downstream: Int = 10_000
    ) async throws -> [(time: Duration, count: Int)] {
        _ = try await opened(gate)
        var passed: [(time: Duration, count: Int)] = []
        while true {
            switch try await gate.demand(downstream: downstream) {
            case .nothing(let time):
                #expect(time > clock.now)
                if time > duration { return passed }
                clock.advance(by: time - clock.now)
            case .records(let count):
                passed.append((clock.now, count))
                try await gate.process(Batch.sample(count: count), emitter: nowhere)
            }
        }
    }

    private func measurement(_ gate: RateGate, _ name: String) -> Measurement.Value? {
        gate.measurements.first { $0.name == name }?.value
    }

    @Test("each record passes at its own time", arguments: [0.1, 1, 5, 7.3])
    func ownTime(rate: Double) async throws {
        let gate = RateGate(rate: rate)
        let passed = try await run(gate, for: .seconds(60))
        #expect(passed.allSatisfy { $0.count == 1 })
        #expect(passed.count == Int((rate * 60).rounded(.down)) + 1)
        for (index, batch) in passed.enumerated() {
            #expect(abs(batch.time / .seconds(1) - Double(index) / rate) < 1e-8)
        }
    }

    @Test("at high rates batches are a millisecond's records and the count is exact")
    func highRate() async throws {
        let gate = RateGate(rate: 999_983)
        let passed = try await run(gate, for: .milliseconds(200))
        #expect(passed.allSatisfy { $0.count == 999 })
        #expect(abs(passed.reduce(0) { $0 + $1.count } - 199_997) < 999)
        guard case .object(let lag) = measurement(gate, "schedule_lag_ms"), case .number(let p99) = lag["p99"] else {
            Issue.record("no lag")
            return
        }
        #expect((0.9...1.05).contains(p99))
    }

    @Test("after a stall it catches up within the bound and says what it could not")
    func stall() async throws {
        let gate = try await opened(RateGate(rate: 100, catchUp: .seconds(2)))
        #expect(try await gate.demand(downstream: 1_000) == .records(1))
        try await gate.process(Batch.sample(count: 1), emitter: nowhere)
        clock.advance(by: .seconds(10))
        #expect(try await gate.demand(downstream: 1_000) == .records(201))
        try await gate.process(Batch.sample(count: 201), emitter: nowhere)
        #expect(measurement(gate, "not_caught_up") == .integer(799))
        #expect(gate.measurements.contains { $0.live == "799 not caught up" })
        guard case .object(let worst) = measurement(gate, "worst_second") else {
            Issue.record("no worst second")
            return
        }
        #expect(worst["records"] == .integer(0))
        #expect(worst["deviation_percent"] == .number(-100))
    }

    @Test("what the stages after it had no room for stays due")
    func pressure() async throws {
        let gate = try await opened(RateGate(rate: 10))
        clock.advance(by: .milliseconds(900))
        #expect(try await gate.demand(downstream: 3) == .records(3))
        try await gate.process(Batch.sample(count: 3), emitter: nowhere)
        #expect(try await gate.demand(downstream: 100) == .records(7))
    }

    @Test("what the stages before it did not have stays due")
    func scarcity() async throws {
        let gate = try await opened(RateGate(rate: 10))
        clock.advance(by: .milliseconds(900))
        #expect(try await gate.demand(downstream: 100) == .records(10))
        try await gate.process(Batch.sample(count: 4), emitter: nowhere)
        try await gate.process(Batch.sample(count: 0), emitter: nowhere)
        #expect(try await gate.demand(downstream: 100) == .records(6))
    }

    @Test("where nothing is due it says when something will be, however often it is asked")
    func nothingDue() async throws {
        let gate = try await opened(RateGate(rate: 0.1))
        #expect(try await gate.demand(downstream: 1) == .records(1))
        try await gate.process(Batch.sample(count: 1), emitter: nowhere)
        for _ in 0..<3 { #expect(try await gate.demand(downstream: 1) == .nothing(until: .seconds(10))) }
        clock.advance(by: .seconds(10))
        #expect(try await gate.demand(downstream: 1) == .records(1))
    }

    @Test("without a pace it asks for all there is room for and measures nothing")
    func unlimited() async throws {
        let gate = try await opened(RateGate(rate: 5, burst: .unlimited))
        #expect(!gate.pacesDemand)
        #expect(try await gate.demand(downstream: 10_000) == .records(10_000))
        try await gate.process(Batch.sample(count: 10_000), emitter: nowhere)
        #expect(gate.measurements.isEmpty)
    }

    @Test("per second, each second's records pass at once at its start and are late from there")
    func perSecond() async throws {
        let gate = RateGate(rate: 2_000, burst: .perSecond)
        let passed = try await run(gate, for: .milliseconds(2_500), downstream: 1_500)
        #expect(passed.map(\.time) == [0, 0, 1, 1, 2, 2].map { .seconds($0) })
        #expect(passed.map(\.count) == [1_500, 500, 1_500, 500, 1_500, 500])
        #expect(
            measurement(gate, "schedule_lag_ms") == .object(["p50": .number(0), "p99": .number(0), "max": .number(0)]))
        #expect(
            measurement(gate, "worst_second")
                == .object([
                    "second": .integer(0), "records": .integer(2_000), "target": .integer(2_000),
                    "deviation_percent": .number(0),
                ]))
    }

    @Test("the worst second is the complete one furthest from its target")
    func worstSecond() {
        var tally = SecondTally()
        for (second, count) in [(0, 100), (1, 98), (2, 103), (3, 99), (4, 5)] as [(Int64, Int)] {
            tally.add(count, inSecond: second) { _ in 100 }
        }
        #expect(tally.worst == SecondTally.Second(number: 2, records: 103, target: 100))
        tally.add(1, inSecond: 7) { _ in 100 }
        #expect(tally.worst == SecondTally.Second(number: 5, records: 0, target: 100))
    }

    @Test("a batch goes on as it came")
    func passing() async throws {
        let gate = try await opened(RateGate(rate: 5))
        let sent = Mutex<[Batch]>([])
        let emitter = Emitter(send: { batch in sent.withLock { $0.append(batch) } }, drop: { _ in })
        try await gate.process(Batch.sample(count: 3), emitter: emitter)
        let batch = try #require(sent.withLock { $0.first })
        #expect(batch.records.map(\.offset) == [0, 1, 2])
        #expect(batch.claims == [Claim(partition: 0, from: 0, to: 3)])
    }

    @Test("the live line shows target and lag")
    func live() async throws {
        let gate = try await opened(RateGate(rate: 7.3))
        clock.advance(by: .milliseconds(1))
        try await gate.process(Batch.sample(count: 1), emitter: nowhere)
        #expect(gate.measurements.compactMap(\.live) == ["target 7.3/s", "lag p99 1 ms"])
    }

    @Test(
        "burst is one of its words, or a boolean",
        arguments: [
            (SettingValue.text("off"), true), (.text("per-second"), true), (.text("unlimited"), false),
            (.boolean(true), false), (.boolean(false), true),
        ])
    func burst(value: SettingValue, isPaced: Bool) throws {
        guard case .transform(let gate) = try RateGate.definition.make("gate", SettingValues(["burst": value])) else {
            Issue.record("not a transform")
            return
        }
        #expect(gate.pacesDemand == isPaced)
    }
}
