extension PipelineClock {
    /// Suspends until a time.
    /// - Parameter time: on the scale of `now`; one that has passed returns at once.
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    public func sleep(until time: Duration) async throws {
        try Task.checkCancellation()
        if time <= now { return }
        let sleeper = Sleeper()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                guard sleeper.begin(continuation) else { return }
                let action = schedule(at: time) { sleeper.end(throwing: nil) }
                sleeper.keep(action)
            }
        } onCancel: {
            sleeper.end(throwing: CancellationError())
        }
    }
}

/// One suspended sleep; whoever ends it first, time or cancellation, resumes it.
private final class Sleeper: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Void, any Error>, ScheduledAction?)
        case ended
    }

    private let state = Lock(State.idle)

    func begin(_ continuation: CheckedContinuation<Void, any Error>) -> Bool {
        let isCancelled = state.withLock { state in
            if case .ended = state { return true }
            state = .waiting(continuation, nil)
            return false
        }
        if isCancelled { continuation.resume(throwing: CancellationError()) }
        return !isCancelled
    }

    func keep(_ action: ScheduledAction) {
        let isOver = state.withLock { state in
            guard case .waiting(let continuation, _) = state else { return true }
            state = .waiting(continuation, action)
            return false
        }
        if isOver { action.cancel() }
    }

    func end(throwing error: (any Error)?) {
        let ended = state.withLock { state in
            defer { state = .ended }
            return state
        }
        guard case .waiting(let continuation, let action) = ended else { return }
        action?.cancel()
        if let error { continuation.resume(throwing: error) } else { continuation.resume() }
    }
}
