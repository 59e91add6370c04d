public import Pipeline

/// A source that does what its script says, and notes what it hears.
///
/// Its records are numbered: partition 0 gives values `0/0`, `0/1` and so on. At the end of the script it waits for
/// ``append(_:)``, ``wake()`` or cancellation, so that a test decides when it returns and nothing depends on time.
public actor ScriptedSource: Source {
    /// What one or more calls of `next` do.
    public enum Step: Sendable {
        /// Gives so many numbered records, in batches no larger than is asked for.
        case records(Int, partition: Int32 = 0)
        /// Gives a claim over so many positions without records.
        case hole(Int64, partition: Int32 = 0)
        /// Gives this batch, whatever was asked for.
        case batch(Batch)
        /// Gives a batch without records and claims.
        case nothing
        /// Waits until the value is true.
        case wait(Watched<Bool>)
        /// Throws.
        case fail(PipelineError)
        /// The end of input, whatever follows.
        case end
    }

    /// What the source was told.
    public struct Heard: Sendable {
        /// The watermarks, in order.
        public var watermarks: [[Int32: Int64]] = []
        /// How many records it was asked for, call by call.
        public var asked: [Int] = []
        /// Records it gave.
        public var given = 0
        /// Calls of `open`.
        public var opened = 0
        /// Calls of `start`.
        public var started = 0
        /// Calls of `close`.
        public var closed = 0

        /// The watermark as it stands now.
        public var watermark: [Int32: Int64] {
            watermarks.reduce(into: [:]) { $0.merge($1) { _, new in new } }
        }
    }

    /// What the source was told so far.
    public nonisolated let heard = Watched(Heard())
    /// Whether a stop returns its records instead of letting them through.
    public nonisolated let isReplayable: Bool

    private let stream: StreamIdentity
    private let openError: PipelineError?
    private let agenda: Watched<Agenda>
    private var next: [Int32: Int64] = [:]

    private struct Agenda {
        var steps: [Step]
        var isWoken = false
    }

    /// Writes the script.
    /// - Parameters:
    ///   - script: the steps in order.
    ///   - isReplayable: see `Source`.
    ///   - stream: the stream's identity.
    ///   - openError: what `open` throws, or nil.
    public init(
        _ script: [Step], isReplayable: Bool = true, stream: StreamIdentity = .sample, openError: PipelineError? = nil
    ) {
        agenda = Watched(Agenda(steps: script))
        self.isReplayable = isReplayable
        self.stream = stream
        self.openError = openError
    }

    /// Adds steps to the script.
    /// - Parameter steps: what comes after what is written already.
    public nonisolated func append(_ steps: [Step]) {
        agenda.update { $0.steps += steps }
    }

    /// Ends a wait at the end of the script: `next` gives an empty batch, as a source with nothing to read does.
    public nonisolated func wake() {
        agenda.update { $0.isWoken = true }
    }

    /// Begins where the owners stand, at the lowest of their positions.
    public func open(_ context: SourceContext) async throws {
        heard.update { $0.opened += 1 }
        if let openError { throw openError }
        for owner in context.owners {
            for (partition, position) in try await owner.storedPositions() {
                next[partition] = min(next[partition] ?? Int64.max, position)
            }
        }
        for owner in context.owners { try await owner.begin(stream, at: next.isEmpty ? [0: 0] : next) }
    }

    /// Notes the call.
    public func start() async throws {
        heard.update { $0.started += 1 }
    }

    /// Does the script's next step.
    public func next(atMost count: Int) async throws -> SourceOutput {
        heard.update { $0.asked.append(count) }
        while true {
            try await agenda.wait { !$0.steps.isEmpty || $0.isWoken }
            let step = agenda.update { agenda -> Step? in
                agenda.isWoken = false
                guard !agenda.steps.isEmpty else { return nil }
                if case .end = agenda.steps[0] { return .end }
                let step = agenda.steps.removeFirst()
                if case .records(let wanted, let partition) = step, wanted > count {
                    agenda.steps.insert(.records(wanted - count, partition: partition), at: 0)
                    return .records(count, partition: partition)
                }
                return step
            }
            if let output = try await perform(step ?? .nothing) { return output }
        }
    }

    private func perform(_ step: Step) async throws -> SourceOutput? {
        switch step {
        case .records(let count, let partition):
            let from = next[partition] ?? 0
            next[partition] = from + Int64(count)
            heard.update { $0.given += count }
            return .batch(.sample(count: count, partition: partition, from: from, stream: stream))
        case .hole(let length, let partition):
            let from = next[partition] ?? 0
            next[partition] = from + length
            return .batch(
                Batch(stream: stream, claims: [Claim(partition: partition, from: from, to: from + length)]))
        case .batch(let batch):
            for claim in batch.claims { next[claim.partition] = claim.to }
            heard.update { $0.given += batch.records.count }
            return .batch(batch)
        case .nothing:
            return .batch(Batch(stream: stream, claims: []))
        case .wait(let gate):
            try await gate.pass()
            return nil
        case .fail(let error):
            throw error
        case .end:
            return .end
        }
    }

    /// Notes the watermark.
    public func advance(to watermark: [Int32: Int64]) async {
        heard.update { $0.watermarks.append(watermark) }
    }

    /// Notes the call.
    public func close() async {
        heard.update { $0.closed += 1 }
    }
}
