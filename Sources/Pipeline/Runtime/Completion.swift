/// Something that happens once and is waited for by one task.
final class Completion: Sendable {
    private enum State {
        case pending
        case waiting(CheckedContinuation<Void, Never>)
        case complete
    }

    private let state = Lock(State.pending)

    /// Says that it has happened. Later calls have no effect.
    func complete() {
        let before = state.withLock { state in
            defer { state = .complete }
            return state
        }
        if case .waiting(let continuation) = before { continuation.resume() }
    }

    /// Suspends until it has happened or the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if case .complete = state { return true }
                    state = .waiting(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            complete()
        }
    }
}
