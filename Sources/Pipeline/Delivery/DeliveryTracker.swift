internal import Synchronization

/// ``DeliveryState`` behind a lock: acknowledgements come from any thread, waiters are resumed outside it.
final class DeliveryTracker: Sendable {
    typealias State = DeliveryState<Batch, CheckedContinuation<Bool, any Error>, CheckedContinuation<Void, any Error>>

    private let state: Mutex<State>

    /// - Parameter roles: one for each sink, in order.
    init(roles: [State.Role]) {
        state = Mutex(State(roles: roles))
    }

    func deliver(_ batch: Batch) -> DeliveryNumber {
        state.withLock { $0.deliver(batch, claims: batch.claims, bytes: batch.footprint) }
    }

    func deliverDead(_ batch: Batch, to deadSink: Int, from sink: Int, parent: DeliveryNumber) -> DeliveryNumber? {
        state.withLock { $0.deliverDead(batch, to: deadSink, from: sink, parent: parent) }
    }

    func generation(of sink: Int) -> Int {
        state.withLock { $0.generation(of: sink) }
    }

    func outstanding(_ number: DeliveryNumber, sink: Int, generation: Int) -> State.Outstanding? {
        state.withLock { $0.outstanding(number, sink: sink, generation: generation) }
    }

    /// Notes an acknowledgement.
    /// - Returns: whether the watermark moved.
    func acknowledge(_ number: DeliveryNumber, sink: Int) -> Bool {
        let actions = state.withLock { $0.acknowledge(number, sink: sink) }
        perform(actions)
        return actions.watermarkMoved
    }

    func takeWatermark() -> [Int32: Int64] {
        state.withLock { $0.takeWatermark() }
    }

    /// The commit barrier. Cancellation ends the wait by throwing `CancellationError`.
    /// - Returns: false if another sink is lost and will never hold the claims.
    func waitForOthers(_ claims: [Claim], sink: Int) async throws -> Bool {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                let answer: Result<Bool, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    return state.waitForOthers(claims, sink: sink, waiter).map { .success($0) }
                }
                if let answer { waiter.resume(with: answer) }
            }
        } onCancel: {
            state.withLock { $0.removeBarrier(sink: sink) }?.resume(throwing: CancellationError())
        }
    }

    /// Suspends until a sink has acknowledged everything. Cancellation ends the wait by throwing.
    func waitUntilSettled(sink: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    return state.waitUntilSettled(sink: sink, waiter) ? .success(()) : nil
                }
                if let answer { waiter.resume(with: answer) }
            }
        } onCancel: {
            state.withLock { $0.removeSettled(sink: sink) }?.resume(throwing: CancellationError())
        }
    }

    /// Ends a wait for the last acknowledgements with an error.
    func failSettling(sink: Int, _ error: PipelineError) {
        state.withLock { $0.removeSettled(sink: sink) }?.resume(throwing: error)
    }

    func beginGeneration(sink: Int) -> [State.Outstanding] {
        state.withLock { $0.beginGeneration(sink: sink) }
    }

    func lose(sink: Int) {
        perform(state.withLock { $0.lose(sink: sink) })
    }

    func isLost(sink: Int) -> Bool {
        state.withLock { $0.isLost(sink: sink) }
    }

    func unacknowledged(sink: Int) -> [State.Outstanding] {
        state.withLock { $0.unacknowledged(sink: sink) }
    }

    private func perform(_ actions: State.Actions) {
        for (waiter, isLost) in actions.barriers { waiter.resume(returning: !isLost) }
        for waiter in actions.settled { waiter.resume() }
    }
}
