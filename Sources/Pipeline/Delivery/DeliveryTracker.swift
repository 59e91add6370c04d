/// ``DeliveryState`` behind a lock: acknowledgements come from any thread, waiters are resumed outside it.
final class DeliveryTracker: Sendable {
    typealias State = DeliveryState<Batch, CheckedContinuation<Bool, any Error>, CheckedContinuation<Bool, any Error>>

    private let state: Lock<State>

    /// - Parameter roles: one for each sink, in order.
    init(roles: [State.Role]) {
        state = Lock(State(roles: roles))
    }

    func deliver(_ batch: Batch, at time: Duration) -> DeliveryNumber {
        state.withLock { $0.deliver(batch, claims: batch.claims, bytes: batch.footprint, at: time) }
    }

    /// When the oldest delivery was made that a sink is waited for with.
    var oldestOutstanding: Duration? { state.withLock(\.oldestOutstanding) }

    func receive(_ number: DeliveryNumber, sink: Int) {
        state.withLock { $0.receive(number, sink: sink) }
    }

    func deliverDead(
        _ batch: Batch, to deadSink: Int, from sink: Int, parent: DeliveryNumber, at time: Duration
    ) -> DeliveryNumber? {
        let actions = state.withLock { $0.deliverDead(batch, to: deadSink, from: sink, parent: parent, at: time) }
        perform(actions)
        return actions.letter
    }

    func generation(of sink: Int) -> Int {
        state.withLock { $0.generation(of: sink) }
    }

    func accept(_ number: DeliveryNumber, sink: Int, generation: Int) -> State.Outstanding? {
        state.withLock { $0.accept(number, sink: sink, generation: generation) }
    }

    /// Notes an acknowledgement.
    /// - Returns: whether the watermark moved, and the bytes that are held no longer.
    func acknowledge(_ number: DeliveryNumber, sink: Int) -> (watermarkMoved: Bool, released: [(sink: Int, bytes: Int)])
    {
        let actions = state.withLock { $0.acknowledge(number, sink: sink) }
        perform(actions)
        return (actions.watermarkMoved, actions.released)
    }

    func refuse(_ number: DeliveryNumber, sink: Int) {
        perform(state.withLock { $0.refuse(number, sink: sink) })
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

    /// Suspends until a sink has acknowledged all that it may. Cancellation ends the wait by throwing.
    /// - Returns: false if the wait was interrupted.
    func waitUntilSettled(sink: Int) async throws -> Bool {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                let answer: Result<Bool, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    return state.waitUntilSettled(sink: sink, waiter).map { .success($0) }
                }
                if let answer { waiter.resume(with: answer) }
            }
        } onCancel: {
            state.withLock { $0.removeSettled(sink: sink) }?.resume(throwing: CancellationError())
        }
    }

    /// Ends a wait for the last acknowledgements.
    func interruptSettling(sink: Int) {
        state.withLock { $0.interruptSettling(sink: sink) }?.resume(returning: false)
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
        for waiter in actions.settled { waiter.resume(returning: true) }
    }
}
