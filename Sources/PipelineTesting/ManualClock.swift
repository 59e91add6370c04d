public import Pipeline

/// A clock that a test turns by hand.
public final class ManualClock: PipelineClock {
    private struct State {
        var now: Duration = .zero
        var nextID = 0
        var actions: [(time: Duration, id: Int, action: @Sendable () -> Void)] = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Lock(State())
    private let start: Timestamp

    /// Makes a clock that stands still.
    /// - Parameter wallTime: the wall-clock time at `now` zero.
    public init(wallTime: Timestamp = Timestamp(microseconds: 1_750_000_000_000_000)) {
        start = wallTime
    }

    /// Time turned so far.
    public var now: Duration { state.withLock { $0.now } }

    /// The start plus the time turned so far.
    public var wallTime: Timestamp {
        Timestamp(microseconds: start.microseconds + Int64(now / .microseconds(1)))
    }

    /// Keeps an action until the clock is turned to its time; one whose time has passed is called at once.
    public func schedule(at time: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        let (id, isDue, ready) = state.withLock { state in
            state.nextID += 1
            if time <= state.now { return (state.nextID, true, [CheckedContinuation<Void, Never>]()) }
            state.actions.append((time, state.nextID, action))
            let count = state.actions.count
            let ready = state.waiters.filter { $0.count <= count }.map(\.continuation)
            state.waiters.removeAll { $0.count <= count }
            return (state.nextID, false, ready)
        }
        if isDue { action() }
        for continuation in ready { continuation.resume() }
        return ScheduledAction { [self] in
            state.withLock { $0.actions.removeAll { $0.id == id } }
        }
    }

    /// Suspends until so many actions wait for their time, which is how a test knows that everyone sleeps.
    /// - Parameter count: the number of actions.
    public func waitForSleepers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.actions.count >= count { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
    }

    /// Turns the clock; actions are called in the order of their times, each at its own time.
    /// - Parameter duration: how far; not negative.
    public func advance(by duration: Duration) {
        let end = now + duration
        while true {
            let due = state.withLock { state -> (@Sendable () -> Void)? in
                guard let next = state.actions.min(by: { ($0.time, $0.id) < ($1.time, $1.id) }), next.time <= end
                else {
                    state.now = end
                    return nil
                }
                state.actions.removeAll { $0.id == next.id }
                state.now = max(state.now, next.time)
                return next.action
            }
            guard let due else { return }
            due()
        }
    }
}
