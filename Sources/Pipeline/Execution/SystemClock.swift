internal import Foundation
internal import Synchronization

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

    // `NSCondition` guards `entries` and wakes the thread; a Mutex has no condition to wait on with a deadline.
    private final class Agenda: @unchecked Sendable {
        let condition = NSCondition()
        var entries: [Entry] = []
        var nextID: UInt64 = 0
        var hasThread = false
    }

    private let agenda = Agenda()
    private let origin = ContinuousClock.now

    /// Makes a clock; its thread begins with the first scheduled action.
    public init() {}

    /// Time since the clock was made.
    public var now: Duration { ContinuousClock.now - origin }

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
        agenda.condition.lock()
        defer { agenda.condition.unlock() }
        let id = agenda.nextID
        agenda.nextID += 1
        let place = agenda.entries.firstIndex { $0.time > time } ?? agenda.entries.endIndex
        agenda.entries.insert(Entry(time: time, id: id, action: action), at: place)
        if !agenda.hasThread {
            agenda.hasThread = true
            let thread = Thread { [self] in run() }
            thread.name = "clock"
            thread.start()
        } else if place == 0 {
            agenda.condition.signal()
        }
        return ScheduledAction { [agenda] in
            agenda.condition.lock()
            defer { agenda.condition.unlock() }
            agenda.entries.removeAll { $0.id == id }
        }
    }

    private func run() {
        agenda.condition.lock()
        while true {
            guard let first = agenda.entries.first else {
                agenda.condition.wait()
                continue
            }
            let wait = first.time - now
            if wait > .zero {
                // A condition waits on the wall clock; a second at most at a time keeps a changed wall clock harmless.
                let seconds = min(1, wait / .seconds(1))
                _ = agenda.condition.wait(until: Date(timeIntervalSinceNow: seconds))
                continue
            }
            agenda.entries.removeFirst()
            agenda.condition.unlock()
            first.action()
            agenda.condition.lock()
        }
    }
}
