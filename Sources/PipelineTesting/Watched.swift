internal import Pipeline
/// A value that a test changes or a stage records, and that a task can wait for: what tests have instead of sleeping.
public final class Watched<Value: Sendable>: Sendable {
    private struct Waiter {
        var id: UInt64
        var condition: @Sendable (Value) -> Bool
        var continuation: CheckedContinuation<Value, any Error>
    }

    private struct State {
        var value: Value
        var waiters: [Waiter] = []
        var nextID: UInt64 = 0
    }

    private let state: Lock<State>

    /// Begins with a value.
    public init(_ value: Value) {
        state = Lock(State(value: value))
    }

    /// The value now.
    public var value: Value { state.withLock { $0.value } }

    /// Changes the value and resumes everyone whose condition it now meets.
    /// - Parameter change: changes the value; called under a lock.
    /// - Returns: what `change` returns.
    @discardableResult
    public func update<Result: Sendable>(_ change: (inout Value) -> Result) -> Result {
        let (result, value, ready) = state.withLock { state in
            let result = change(&state.value)
            let value = state.value
            let ready = state.waiters.filter { $0.condition(value) }
            if !ready.isEmpty { state.waiters.removeAll { waiter in ready.contains { $0.id == waiter.id } } }
            return (result, value, ready)
        }
        for waiter in ready { waiter.continuation.resume(returning: value) }
        return result
    }

    /// Replaces the value.
    /// - Parameter value: the new value.
    public func set(_ value: Value) {
        update { $0 = value }
    }

    /// Suspends until the value meets a condition.
    /// - Parameter condition: called at once and after every change, under a lock.
    /// - Returns: the first value that meets it.
    /// - Throws: `CancellationError` when the task is cancelled.
    @discardableResult
    public func wait(until condition: @escaping @Sendable (Value) -> Bool) async throws -> Value {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<Value, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if condition(state.value) { return .success(state.value) }
                    state.waiters.append(Waiter(id: id, condition: condition, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }
}

extension Watched<Bool> {
    /// Sets the value to true: whoever waits in ``pass()`` goes on.
    public func open() {
        set(true)
    }

    /// Suspends until the value is true.
    /// - Throws: `CancellationError` when the task is cancelled.
    public func pass() async throws {
        try await wait { $0 }
    }
}
