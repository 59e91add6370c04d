import Pipeline
import PipelineTesting
import Testing

/// The suite is tried on stages that keep the contracts and on ones that break them one by one: a suite that finds
/// nothing proves nothing.
@Suite("The contract suite", .timeLimit(.minutes(2)))
struct ContractTests {
    // MARK: Sources

    @Test("a source that keeps the contract has no violations")
    func goodSource() async {
        let violations = await SourceContract(
            makeUnopenable: { ScriptedSource([], openError: .lasting) },
            make: { CountingSource(count: 500, limit: { $0 }) }
        ).violations()
        #expect(violations == [])
    }

    @Test("a source that begins where owners stand has no violations")
    func ownedSource() async {
        let violations = await SourceContract(
            owners: { [RecordingOwner()] },
            make: { ScriptedSource([.records(30), .hole(5), .nothing, .records(3, partition: 1), .records(4), .end]) }
        ).violations()
        #expect(violations == [])
    }

    @Test("a source without an end has no violations for that")
    func endlessSource() async {
        let violations = await SourceContract(
            isFinite: false, enough: 1_000, make: { CountingSource(count: .max, limit: { $0 }) }
        ).violations()
        #expect(violations == [])
    }

    @Test(
        "every broken rule of a source is found",
        arguments: [
            ("a batch has at most as many records as were asked for", CountingSource.Fault.tooMany),
            ("claims of one partition are contiguous", .gap),
            ("every record lies in a claim of its batch", .unclaimed),
            ("the end of input is final", .goesOn),
            ("next returns soon, with an empty batch if there is nothing", .slow),
            ("cancellation ends reading at once, with CancellationError or an answer", .deaf),
        ])
    func badSource(rule: String, fault: CountingSource.Fault) async {
        let violations = await SourceContract(
            // Only what hangs is waited for in vain.
            patience: fault == .deaf ? .milliseconds(500) : .seconds(20),
            idleBound: fault == .slow ? .milliseconds(20) : .seconds(5),
            make: { CountingSource(count: 50, limit: { $0 }, fault: fault) }
        ).violations()
        #expect(violations.map(\.rule).contains(rule), "\(violations)")
    }

    // MARK: Transforms

    @Test("transforms that keep the contract have no violations")
    func goodTransforms() async {
        let dropping = ClosureTransform(processing: { batch, emitter in
            var batch = batch
            let before = batch.records.count
            batch.records.removeAll { $0.offset.isMultiple(of: 2) }
            emitter.drop(before - batch.records.count)
            try await emitter.send(batch)
        })
        let held = Watched<[Batch]>([])
        let holding = ClosureTransform(
            processing: { batch, _ in held.update { $0.append(batch) } },
            finishing: { emitter in
                for batch in held.value { try await emitter.send(batch) }
                held.set([])
            })
        #expect(await TransformContract { ClosureTransform() }.violations() == [])
        #expect(await TransformContract { dropping }.violations() == [])
        #expect(await TransformContract { holding }.violations() == [])
        #expect(await TransformContract { ClosureTransform(demanding: { .records(min(3, $0)) }) }.violations() == [])
        let asked = Watched(0)
        let pausing = ClosureTransform(demanding: { _ in
            let isDue = asked.update({
                $0 += 1
                return $0.isMultiple(of: 3)
            })
            return isDue ? .records(1) : .nothing(until: .milliseconds(1))
        })
        #expect(await TransformContract { pausing }.violations() == [])
    }

    enum TransformFault: CaseIterable {
        case losesRecord, losesClaim, inventsClaim, losesDead, forgetsToFinish, overtakes, wantsTooMuch, waitsForEver
        case wantsNothing
    }

    @Test("every broken rule of a transform is found", arguments: TransformFault.allCases)
    func badTransform(fault: TransformFault) async {
        let held = Watched<[Batch]>([])
        let transform: @Sendable () -> ClosureTransform = {
            switch fault {
            case .wantsTooMuch: return ClosureTransform(demanding: { .records($0 + 1) })
            case .waitsForEver:
                return ClosureTransform(demanding: { _ in
                    await withCheckedContinuation { (never: CheckedContinuation<Void, Never>) in
                        Self.forgotten.update { $0.append(never) }
                    }
                    return .records(1)
                })
            case .wantsNothing: return ClosureTransform(demanding: { _ in .nothing(until: .zero) })
            case .forgetsToFinish: return ClosureTransform(processing: { batch, _ in held.update { $0.append(batch) } })
            case .overtakes:
                return ClosureTransform(
                    processing: { batch, _ in held.update { $0.append(batch) } },
                    finishing: { emitter in for batch in held.value.reversed() { try await emitter.send(batch) } })
            default:
                return ClosureTransform(processing: { batch, emitter in
                    var batch = batch
                    switch fault {
                    case .losesRecord: batch.records = batch.records.dropLast()
                    case .losesClaim: if batch.records.isEmpty { return }
                    case .inventsClaim:
                        batch.claims = batch.claims.map { Claim(partition: $0.partition, from: $0.from, to: $0.to + 1) }
                    case .losesDead: batch.dead = []
                    default: break
                    }
                    try await emitter.send(batch)
                })
            }
        }
        let rule =
            switch fault {
            case .losesRecord: "records in are records out, dropped and dead"
            case .losesClaim, .inventsClaim, .forgetsToFinish, .overtakes:
                "claims go on in order, none lost, none invented"
            case .losesDead: "dead records go on once, untouched"
            case .wantsTooMuch: "demand is at least 1 and at most what is wanted downstream"
            case .waitsForEver: "demand says at once what is wanted"
            case .wantsNothing: "demand names a time that lies ahead, and wants something in the end"
            }
        let violations = await TransformContract(
            patience: [.waitsForEver, .wantsNothing].contains(fault) ? .milliseconds(500) : .seconds(20)
        ) { transform() }.violations()
        #expect(violations.map(\.rule).contains(rule), "\(violations)")
    }

    /// Continuations that nobody resumes; kept, so that the runtime does not complain of their loss.
    private static let forgotten = Watched<[CheckedContinuation<Void, Never>]>([])

    // MARK: Sinks

    @Test("sinks that keep the contract have no violations, whenever they acknowledge")
    func goodSinks() async {
        for acknowledging in [RecordingSink.Acknowledging.atOnce, .onFlush] {
            let current = Watched<RecordingSink?>(nil)
            let violations = await SinkContract(
                makeUnopenable: { RecordingSink { _ in throw PipelineError.lasting } },
                stored: { current.value?.recording.value.batches.flatMap { $0.records.map(\.position) } ?? [] },
                make: {
                    let sink = RecordingSink(acknowledging: acknowledging)
                    current.set(sink)
                    return sink
                }
            ).violations()
            #expect(violations == [])
        }
    }

    @Test("an owner that keeps the contract has no violations")
    func goodOwner() async {
        #expect(await SinkContract { RecordingOwner() }.violations() == [])
    }

    @Test("every broken rule of a sink is found", arguments: FaultySink.Fault.allCases)
    func badSink(fault: FaultySink.Fault) async {
        let current = Watched<FaultySink?>(nil)
        let violations = await SinkContract(
            stored: { await current.value?.stored ?? [] },
            patience: fault == .deaf ? .milliseconds(500) : .seconds(20),
            make: {
                let sink = FaultySink(fault)
                current.set(sink)
                return sink
            }
        ).violations()
        #expect(violations.map(\.rule).contains(fault.rawValue), "\(violations)")
    }

    @Test("an owner that does not wait for the others is found")
    func hastyOwner() async {
        let violations = await SinkContract { HastyOwner() }.violations()
        #expect(violations.map(\.rule).contains("an owner waits for the other sinks before it makes a batch durable"))
        #expect(violations.map(\.rule).contains("an owner makes nothing durable that the other sinks do not hold"))
    }
}

/// Gives numbered records, with a fault if told so.
actor CountingSource: Source {
    enum Fault: Sendable { case tooMany, gap, unclaimed, goesOn, slow, deaf }

    private let count: Int
    private let limit: @Sendable (Int) -> Int
    private let fault: Fault?
    private var given = 0

    init(count: Int, limit: @escaping @Sendable (Int) -> Int, fault: Fault? = nil) {
        self.count = count
        self.limit = limit
        self.fault = fault
    }

    func open(_ context: SourceContext) async throws {}

    func next(atMost wanted: Int) async throws -> SourceOutput {
        if fault == .deaf, Task.isCancelled {
            await withCheckedContinuation { never in
                Self.forgotten.update { $0.append(never) }
            }
        }
        try Task.checkCancellation()
        if fault == .slow {
            let clock = SystemClock()
            try await clock.sleep(until: clock.now + .milliseconds(60))
        }
        if given >= count, !(fault == .goesOn && given < count + 20) { return .end }
        if fault == .goesOn, given == count {
            given += 1
            return .end
        }
        let size = min(limit(wanted), count - min(given, count - 1)) + (fault == .tooMany ? 1 : 0)
        let from = Int64(given) + (fault == .gap && given > 0 ? 1 : 0)
        given += size
        var batch = Batch.sample(count: size, from: from)
        if fault == .unclaimed { batch.claims = [Claim(partition: 0, from: from + 1, to: from + Int64(size))] }
        return .batch(batch)
    }

    private static let forgotten = Watched<[CheckedContinuation<Void, Never>]>([])
}

/// A sink with one fault, named by the rule it breaks.
actor FaultySink: Sink {
    enum Fault: String, CaseIterable, Sendable {
        case silent = "after flush every batch is acknowledged, once"
        case rejectsNobody = "a rejection names a record of its batch"
        case forgets = "after flush the output holds what was acknowledged, in order"
        case losesUnflushed = "what was acknowledged before close without flush is held"
        case late = "after close nothing of before is acknowledged"
        case deaf = "cancellation ends write and flush with CancellationError or an answer"
        case fails = "write takes every batch"
        case elsewhere = "a stage that names a thread runs on it"
        case namesTaken = "a measurement has a name of its own"
    }

    nonisolated var measurements: [Measurement] { fault == .namesTaken ? [Measurement("dead", .integer(0))] : [] }

    nonisolated var thread: ThreadExecutor? { fault == .elsewhere ? ThreadExecutor(name: "elsewhere") : nil }

    private let fault: Fault
    private var pending: [(batch: Batch, receipt: Receipt)] = []
    private(set) var stored: [Position] = []

    init(_ fault: Fault) { self.fault = fault }

    func open(_ context: SinkContext) async throws {}

    func write(_ batch: Batch, receipt: Receipt) async throws {
        switch fault {
        case .fails: throw PipelineError.lasting
        case .silent where batch.records.isEmpty: return
        case .losesUnflushed: receipt.acknowledge()
        case .deaf where Task.isCancelled:
            await withCheckedContinuation { never in
                Self.forgotten.update { $0.append(never) }
            }
        default: break
        }
        pending.append((batch, receipt))
    }

    func flush() async throws {
        for (batch, receipt) in pending {
            if fault != .forgets { stored += batch.records.map(\.position) }
            let rejection = Rejection(index: batch.records.count, reason: "none")
            receipt.acknowledge(rejecting: fault == .rejectsNobody ? [rejection] : [])
        }
        pending = []
    }

    func close() async {
        if fault != .late { pending = [] }
    }

    private static let forgotten = Watched<[CheckedContinuation<Void, Never>]>([])
}

/// An owner that stores first and asks afterwards.
private actor HastyOwner: PositionOwner {
    private var positions: [Int32: Int64] = [:]

    func open(_ context: SinkContext) async throws {}
    func storedStream() async throws -> StreamIdentity? { nil }
    func storedPositions() async throws -> [Int32: Int64] { positions }
    func begin(_ stream: StreamIdentity, at positions: [Int32: Int64]) async throws { self.positions = positions }

    func write(_ batch: Batch, receipt: Receipt) async throws {
        for claim in batch.claims { positions[claim.partition] = claim.to }
        receipt.acknowledge()
    }
}
