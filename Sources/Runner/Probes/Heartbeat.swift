import Pipeline
import Synchronization

/// Shows that the threads on which tasks run still move: a task that looks at the clock every second.
final class Heartbeat: Sendable {
    private static let interval = Duration.seconds(1)
    /// Without a beat for this long the runtime stands still.
    private static let patience = Duration.seconds(10)

    private let clock: any PipelineClock
    // Nanoseconds of the last beat, written by the task and read by the thread that answers a probe.
    private let last: Atomic<Int64>
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// Begins to beat.
    init(clock: any PipelineClock) {
        self.clock = clock
        last = Atomic(Self.nanoseconds(clock.now))
    }

    /// Whether the runtime moves.
    var isAlive: Bool {
        clock.now - .nanoseconds(last.load(ordering: .relaxed)) < Self.patience
    }

    /// Beats until it is stopped.
    func start() {
        let beating = Task.detached { [self] in
            while !Task.isCancelled {
                last.store(Self.nanoseconds(clock.now), ordering: .relaxed)
                try? await clock.sleep(until: clock.now + Self.interval)
            }
        }
        task.withLock { $0 = beating }
    }

    /// Ends it.
    func stop() {
        task.withLock { $0?.cancel() }
    }

    private static func nanoseconds(_ time: Duration) -> Int64 { Int64(time / .nanoseconds(1)) }
}
