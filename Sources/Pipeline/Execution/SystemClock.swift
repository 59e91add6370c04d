internal import Foundation

/// The machine's clock. Actions are called from one thread that sleeps until the next of them is due.
///
/// A thread of our own, not `Task.sleep`: at a thousand ticks a second it costs a third of the processor time, and the
/// lateness does not depend on what the cooperative pool is doing.
public final class SystemClock: PipelineClock {
    private struct Entry {
        var time: Duration
        var id: UInt64
        var action: @Sendable () -> Void
    }

    /// What the clock and its thread share; the thread does not hold the clock, so that a clock nobody uses any more
    /// goes, and its thread with it.
    ///
    /// `@unchecked Sendable` is safe because every stored variable is touched under the condition's lock alone.
    private final class Agenda: @unchecked Sendable {
        let condition = MonotonicCondition()
        let origin = ContinuousClock.now
        var entries: [Entry] = []
        var nextID: UInt64 = 0
        var hasThread = false
        var isOver = false

        var now: Duration { ContinuousClock.now - origin }
    }

    private let agenda = Agenda()

    /// Makes a clock; its thread begins with the first scheduled action.
    public init() {}

    deinit {
        agenda.condition.withLock {
            agenda.isOver = true
            agenda.condition.signal()
        }
    }

    /// Time since the clock was made.
    public var now: Duration { agenda.now }

    /// The machine's wall-clock time.
    public var wallTime: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// Calls an action at a time.
    ///
    /// Linear in the number of waiting actions, of which a pipeline has a handful.
    public func schedule(at time: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        let (id, mustBegin) = agenda.condition.withLock {
            let id = agenda.nextID
            agenda.nextID += 1
            let place = agenda.entries.firstIndex { $0.time > time } ?? agenda.entries.endIndex
            agenda.entries.insert(Entry(time: time, id: id, action: action), at: place)
            defer { agenda.hasThread = true }
            if agenda.hasThread, place == 0 { agenda.condition.signal() }
            return (id, !agenda.hasThread)
        }
        if mustBegin {
            let thread = Thread { [agenda] in Self.run(agenda) }
            thread.name = "clock"
            thread.start()
        }
        return ScheduledAction { [agenda] in
            agenda.condition.withLock { agenda.entries.removeAll { $0.id == id } }
        }
    }

    private static func run(_ agenda: Agenda) {
        while let action = nextAction(agenda) { action() }
    }

    /// Waits until an action is due.
    /// - Returns: the action, or nil when the clock is gone and nothing waits any more.
    private static func nextAction(_ agenda: Agenda) -> (@Sendable () -> Void)? {
        agenda.condition.withLock {
            while true {
                guard let first = agenda.entries.first else {
                    if agenda.isOver { return nil }
                    agenda.condition.wait()
                    continue
                }
                let wait = first.time - agenda.now
                if wait <= .zero { return agenda.entries.removeFirst().action }
                agenda.condition.wait(for: wait)
            }
        }
    }
}
