import Pipeline

/// One sink while its contract is tried: its context, and what it has acknowledged.
final class SinkTrial: Sendable {
    let sink: any Sink
    let context: SinkContext

    private struct State {
        var answers: [Int: [[Rejection]]] = [:]
        var generation = 0
        var lateAnswers = 0
        var isBarrierRefused = false
        var barrier: [Int32: Int64] = [:]
    }

    private let state: Watched<State>
    private let findings: Findings

    init(_ sink: any Sink, takesDeadLetters: Bool, _ findings: Findings) {
        let state = Watched(State())
        self.sink = sink
        self.state = state
        self.findings = findings
        context = SinkContext(
            stage: ContractSurroundings(clock: SystemClock()).stage("sink"), takesDeadLetters: takesDeadLetters,
            barrier: { claims in
                let isRefused = state.update { state in
                    for claim in claims where !state.isBarrierRefused {
                        state.barrier[claim.partition] = max(claim.to, state.barrier[claim.partition] ?? Int64.min)
                    }
                    return state.isBarrierRefused
                }
                if isRefused {
                    throw PipelineError(.inputOutput, "cannot commit", reason: "another required sink has failed")
                }
            },
            failure: { error in findings.note("a sink that nothing is wrong with does not fail", "\(error)") })
    }

    /// The first position of each partition.
    static func beginnings(_ batches: [Batch]) -> [Int32: Int64] {
        batches.flatMap(\.claims).reduce(into: [:]) { $0[$1.partition] = min($0[$1.partition] ?? Int64.max, $1.from) }
    }

    /// A receipt for the batch of that index.
    func receipt(_ index: Int, of batch: Batch) -> Receipt {
        let generation = state.value.generation
        let isOwner = sink is any PositionOwner
        return Receipt { [state, findings] rejections in
            let unheld = state.update { state -> [Claim] in
                guard state.generation == generation else {
                    state.lateAnswers += 1
                    return []
                }
                state.answers[index, default: []].append(rejections)
                guard isOwner else { return [] }
                return batch.claims.filter { $0.to > state.barrier[$0.partition] ?? Int64.min }
            }
            findings.require(
                unheld.isEmpty, "an owner waits for the other sinks before it makes a batch durable",
                "\(unheld) were never waited for")
        }
    }

    /// What was answered for a batch; more than one entry where it was acknowledged more than once.
    func answers(_ index: Int) -> [[Rejection]] { state.value.answers[index] ?? [] }

    /// From now on answers to receipts given so far are late.
    func countLateAnswers() {
        state.update { $0.generation += 1 }
    }

    var lateAnswers: Int { state.value.lateAnswers }

    /// From now on waiting for the other sinks fails.
    func refuseBarrier() {
        state.update { $0.isBarrierRefused = true }
    }
}
