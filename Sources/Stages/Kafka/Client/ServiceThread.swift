internal import Dispatch
internal import Pipeline
internal import Synchronization

/// A thread that serves one librdkafka client for as long as a stage is open: it blocks in C, which neither the
/// cooperative pool nor a pinned actor's thread may do for long.
final class ServiceThread: Sendable {
    private struct State {
        var isRunning = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)
    private let stopping = Atomic<Bool>(false)

    /// Whether the body should return.
    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    private let name: String

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
        stopping.store(true, ordering: .releasing)
        await withCheckedContinuation { continuation in
            let isRunning = state.withLock { state in
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
        stopping.store(true, ordering: .releasing)
        guard state.withLock({ $0.isRunning }) else { return true }
        return ended.wait(timeout: .now() + (limit / .seconds(1))) == .success
    }

    private func end() {
        let waiters = state.withLock { state in
            state.isRunning = false
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
        ended.signal()
    }
}
