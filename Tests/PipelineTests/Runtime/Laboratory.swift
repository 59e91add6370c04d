@testable import Pipeline
import PipelineTesting
import Testing

/// What the runtime's tests build pipelines from.
struct Laboratory {
    let clock = ManualClock()
    let log = CollectingLog()

    func pipeline(
        _ source: any Source, _ transforms: [any Transform] = [], sinks: [any Sink], bestEffort: Set<Int> = [],
        deadLetters: String? = nil, deadShareLimit: Double = 0.5, memory: Int = 64 << 20,
        drainTimeout: Duration = .seconds(30)
    ) -> PipelineRun {
        PipelineRun(
            PipelineParts(
                name: "test", source: NamedStage(name: "source", type: "scripted", stage: source),
                transforms: transforms.enumerated().map { index, transform in
                    NamedStage(name: "t\(index + 1)", type: "test", stage: transform)
                },
                sinks: sinks.enumerated().map { index, sink in
                    PipelineParts.SinkPart(
                        NamedStage(name: ["a", "b", "c"][index], type: "recording", stage: sink),
                        isRequired: !bestEffort.contains(index))
                },
                deadLetters: deadLetters, deadShareLimit: deadShareLimit, memory: memory, drainTimeout: drainTimeout),
            clock: clock, log: log.log)
    }
}

/// A transform made of closures.
actor ClosureTransform: Transform {
    nonisolated let pacesDemand: Bool
    private let opening: @Sendable (StageContext) async throws -> Void
    private let demanding: @Sendable (Int) async throws -> Demand
    private let processing: @Sendable (Batch, Emitter) async throws -> Void
    private let finishing: @Sendable (Emitter) async throws -> Void
    private let closing: @Sendable () -> Void

    init(
        opening: @escaping @Sendable (StageContext) async throws -> Void = { _ in },
        demanding: (@Sendable (Int) async throws -> Demand)? = nil,
        processing: @escaping @Sendable (Batch, Emitter) async throws -> Void = { try await $1.send($0) },
        finishing: @escaping @Sendable (Emitter) async throws -> Void = { _ in },
        closing: @escaping @Sendable () -> Void = {}
    ) {
        self.opening = opening
        self.demanding = demanding ?? { .records($0) }
        self.processing = processing
        self.finishing = finishing
        self.closing = closing
        pacesDemand = demanding != nil
    }

    func open(_ context: StageContext) async throws { try await opening(context) }
    func demand(downstream: Int) async throws -> Demand { try await demanding(downstream) }
    func process(_ batch: Batch, emitter: Emitter) async throws { try await processing(batch, emitter) }
    func finish(emitter: Emitter) async throws { try await finishing(emitter) }
    func close() async { closing() }
}

extension PipelineError {
    static let passing = PipelineError(.inputOutput, "cannot write", reason: "the test says so", isRetriable: true)
    static let lasting = PipelineError(.inputOutput, "cannot write", reason: "the test says so")
}

extension RunReport {
    /// A stage's ledger by the stage's name.
    subscript(_ name: String) -> LedgerEntry {
        stages.first { $0.name == name }?.ledger ?? LedgerEntry()
    }

    /// Records an issue unless every equation holds, error or not.
    func expectBalance(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(imbalance == nil, sourceLocation: sourceLocation)
        for stage in stages {
            #expect(stage.ledger.pending == 0, "\(stage.name): \(stage.ledger)", sourceLocation: sourceLocation)
            let counts = [
                stage.ledger.in, stage.ledger.out, stage.ledger.dropped, stage.ledger.dead, stage.ledger.returned,
            ]
            #expect(counts.allSatisfy { $0 >= 0 }, "\(stage.name): \(counts)", sourceLocation: sourceLocation)
        }
    }
}

/// The texts of numbered records.
func numbered(_ range: Range<Int>, partition: Int = 0) -> [String?] {
    range.map { "\(partition)/\($0)" }
}
