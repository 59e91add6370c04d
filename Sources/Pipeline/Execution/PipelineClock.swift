/// The time a pipeline lives in. Comes in from outside, so that tests turn it by hand.
public protocol PipelineClock: Sendable {
    /// Time since an arbitrary beginning; never goes back.
    var now: Duration { get }

    /// Wall-clock time.
    var wallTime: Timestamp { get }

    /// Calls an action once at a time, or soon if it has passed.
    /// - Parameters:
    ///   - time: when, on the scale of `now`.
    ///   - action: called from any thread; must not block.
    /// - Returns: a way to take it back.
    func schedule(at time: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction

    /// The same time, with what is scheduled called on an executor's thread if the clock calls from threads at all: a
    /// task that sleeps there then goes on without another thread being woken.
    /// - Parameter thread: the executor; it must not be stopped before the last action was called or taken back.
    /// - Returns: the clock to sleep by.
    func calling(on thread: ThreadExecutor) -> any PipelineClock
}

extension PipelineClock {
    /// The clock itself.
    public func calling(on thread: ThreadExecutor) -> any PipelineClock { self }
}

/// An action that waits for its time.
public struct ScheduledAction: Sendable {
    private let takeBack: @Sendable () -> Void

    /// Makes a handle.
    /// - Parameter cancel: takes the action back if it has not begun; may be called more than once.
    public init(cancel: @escaping @Sendable () -> Void) {
        takeBack = cancel
    }

    /// Takes the action back if it has not begun.
    public func cancel() {
        takeBack()
    }
}
