internal import Glibc

/// The machine's clock. Actions are called from one thread that sleeps until the next of them is due.
///
/// A thread of our own, not `Task.sleep`: at a thousand ticks a second it costs a third of the processor time, and the
/// lateness does not depend on what the cooperative pool is doing.
public final class SystemClock: PipelineClock {
    private let thread: ThreadExecutor
    private let ownsThread: Bool

    /// Makes a clock; its thread begins with the first scheduled action.
    public init() {
        thread = ThreadExecutor(name: "clock")
        ownsThread = true
    }

    private init(on thread: ThreadExecutor) {
        self.thread = thread
        ownsThread = false
    }

    deinit {
        if ownsThread { thread.stop() }
    }

    /// Time since the machine was started, without the time it was suspended.
    public var now: Duration { .monotonic }

    /// The machine's wall-clock time.
    public var wallTime: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// Calls an action at a time. Linear in the number of waiting actions, of which a pipeline has a handful.
    public func schedule(at time: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        thread.schedule(at: time, action)
    }

    /// The same time, with what is scheduled called on an executor's thread.
    public func calling(on thread: ThreadExecutor) -> any PipelineClock {
        SystemClock(on: thread)
    }
}
