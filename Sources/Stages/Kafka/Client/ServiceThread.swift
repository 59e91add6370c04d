internal import Pipeline

/// A thread that serves one librdkafka client for as long as a stage is open: it blocks in C, which neither the
/// cooperative pool nor a pinned actor's thread may do for long.
///
/// It is stopped in one of two ways, by who waits. A sink's actor suspends, without a limit: as long as the thread may touch
/// the client, the batches in flight must stay where they are. A source's thread, which no other stage shares, blocks with
/// a limit, and leaves the client behind.
final class ServiceThread: Sendable {
    private struct State {
        var isRunning = false
        var isStopping = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Monitor(State())
    private let name: String

    /// Whether the body should return.
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Makes a thread that has not started.
    /// - Parameter name: as debuggers show it; 15 characters count on Linux.
    init(_ name: String) {
        self.name = name
    }

    /// Starts the thread; once.
    /// - Parameter body: runs until ``isStopping``, blocking for at most 100 ms at a time.
    func start(_ body: @escaping @Sendable (ServiceThread) -> Void) {
        state.withLock { $0.isRunning = true }
        DetachedThread.start(name) { [self] in
            body(self)
            end()
        }
    }

    /// Has the body return and waits until it has; at once if it was never started.
    func stop() async {
        await withCheckedContinuation { continuation in
            let isRunning = state.withLock { state in
                state.isStopping = true
                if state.isRunning { state.waiters.append(continuation) }
                return state.isRunning
            }
            if !isRunning { continuation.resume() }
        }
    }

    /// Has the body return, and waits for a limited time until it has: a call into C may last longer than it promised. Blocks
    /// its thread.
    /// - Parameter limit: how long to wait.
    /// - Returns: false if it has not returned.
    func stop(within limit: Duration) -> Bool {
        let end = Duration.monotonic + limit
        return state.wait { state in
            state.isStopping = true
            if !state.isRunning { return .ready(true) }
            return Duration.monotonic < end ? .wait(until: end) : .ready(false)
        }
    }

    private func end() {
        let waiters = state.withLock { state in
            state.isRunning = false
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
        state.signal()
    }
}
