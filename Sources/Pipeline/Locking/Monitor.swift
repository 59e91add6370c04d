internal import Glibc

/// A value that one thread at a time touches and that threads wait on, by the monotonic clock: a ``Lock`` with a
/// condition.
///
/// `NSCondition` and `DispatchSemaphore` wait for a point of the wall clock on Linux: one that is set back by an hour
/// holds up every timer for that hour.
///
/// `@unchecked Sendable` and the pointers are safe because the condition is made in `init`, stays where it is until
/// `deinit`, and is touched through pthread's functions alone; and because `wait` keeps to the lock's own rule: the value
/// is lent anew each time the thread has the mutex, and has been given back before it waits.
package struct Monitor<Value>: ~Copyable, @unchecked Sendable {
    /// What a thread does that has looked at the value.
    package enum Verdict<Result> {
        /// It goes on.
        case ready(Result)
        /// It looks again after a signal, or at a time of ``Duration/monotonic`` if there is one.
        case wait(until: Duration?)
    }

    private let lock: Lock<Value>
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Takes the value.
    package init(_ initial: consuming sending Value) {
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
        lock = Lock(initial)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
    }

    /// Lends the value; waits while another thread has it. Must not be called from within `body`.
    /// - Parameter body: reads or changes the value.
    /// - Returns: what `body` returns.
    package borrowing func withLock<Result>(_ body: (inout sending Value) -> sending Result) -> sending Result {
        lock.withLock(body)
    }

    /// Wakes one thread that waits.
    package borrowing func signal() {
        pthread_cond_signal(condition)
    }

    /// Lends the value until `body` is content with it, and lets other threads have it in between.
    /// - Parameter body: looks at the value, and changes it. It may be called again before its time.
    /// - Returns: the answer it was content with.
    package borrowing func wait<Result>(_ body: (inout sending Value) -> sending Verdict<Result>) -> sending Result {
        pthread_mutex_lock(lock.mutex)
        defer { pthread_mutex_unlock(lock.mutex) }
        while true {
            switch body(&lock.value.pointee) {
            case .ready(let answer): return answer
            case .wait(nil): pthread_cond_wait(condition, lock.mutex)
            case .wait(.some(let time)): wait(until: time)
            }
        }
    }

    private borrowing func wait(until time: Duration) {
        let (seconds, attoseconds) = time.components
        var end = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        pthread_cond_timedwait(condition, lock.mutex, &end)
    }
}

extension Duration {
    /// Time on the machine's monotonic clock, the one that ``Monitor`` waits by.
    ///
    /// Not `ContinuousClock`, which on Linux is another one and goes on while the machine is suspended: a schedule would
    /// have hours to catch up with.
    package static var monotonic: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
