import Foundation
import Synchronization

/// How late a thread wakes that does nothing but sleep from one deadline to the next: the least any program on this
/// machine is late at that moment. Measured beside a run, it tells the machine's stalls from the program's.
final class MachineLag: Sendable {
    private struct State {
        var milliseconds: [Double] = []
        var isOver = false
    }

    // A virtual machine that is paused misses whole seconds; a scheduler under load some ten milliseconds.
    private static let standstill = 250.0

    private let period: Duration
    private let state = Mutex(State())

    /// Begins, on a thread of its own.
    /// - Parameter period: from one deadline to the next, below a second.
    init(every period: Duration) {
        self.period = period
        Thread.detachNewThread { [self] in watch() }
    }

    /// Ends it.
    /// - Returns: how late the thread woke, in milliseconds.
    func end() -> Percentiles {
        state.withLock { state in
            state.isOver = true
            return Percentiles(state.milliseconds)
        }
    }

    /// Does something, and does it again where the machine stood still meanwhile: a virtual machine may be paused for
    /// seconds, and then every figure is one of the pause.
    /// - Parameters:
    ///   - period: from one deadline to the next, below a second.
    ///   - progress: hears of it.
    ///   - body: what is done; three times at most.
    /// - Returns: what it returned at last, and how late the thread woke meanwhile, in milliseconds.
    static func watching<Result>(
        every period: Duration = .milliseconds(10), progress: (String) -> Void, _ body: () throws -> Result
    ) throws -> (result: Result, lag: Percentiles) {
        var attempt = 1
        while true {
            let lag = MachineLag(every: period)
            let result = Swift.Result { try body() }
            let percentiles = lag.end()
            let value = try result.get()
            if percentiles.highest < standstill || attempt == 3 { return (value, percentiles) }
            attempt += 1
            progress("the machine stood still for \(Figures.significant(percentiles.highest / 1e3)) s: once more")
        }
    }

    private func watch() {
        let nanoseconds = Int(period / .nanoseconds(1))
        var deadline = timespec()
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        while true {
            deadline.tv_nsec += nanoseconds
            if deadline.tv_nsec >= 1_000_000_000 {
                deadline.tv_nsec -= 1_000_000_000
                deadline.tv_sec += 1
            }
            while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, nil) == EINTR {}
            clock_gettime(CLOCK_MONOTONIC, &now)
            let late = Double(now.tv_sec - deadline.tv_sec) * 1e3 + Double(now.tv_nsec - deadline.tv_nsec) / 1e6
            let isOver = state.withLock { state in
                state.milliseconds.append(late)
                return state.isOver
            }
            if isOver { return }
        }
    }
}
