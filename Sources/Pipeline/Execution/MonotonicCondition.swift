internal import Foundation

/// A lock and a condition whose timed waits follow the monotonic clock.
///
/// `NSCondition` and `DispatchSemaphore` wait for a point of the wall clock on Linux: one that is set back by an hour
/// holds up every timer for that hour.
///
/// `@unchecked Sendable` and the pointers are safe because both objects are made in `init`, stay where they are until
/// `deinit`, and are touched through pthread's functions alone, which are there to be called from any thread.
final class MonotonicCondition: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        #if os(Linux)
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        #else
            pthread_cond_init(condition, nil)
        #endif
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Wakes the waiting thread.
    func signal() {
        pthread_cond_signal(condition)
    }

    /// Waits for a signal; the lock must be held. May return without one.
    func wait() {
        pthread_cond_wait(condition, mutex)
    }

    /// Waits for a signal or until the time is over; the lock must be held. May return early.
    func wait(for duration: Duration) {
        #if os(Linux)
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            // A day at most: a sum beyond what `timespec` holds is refused, and the caller asks again anyway.
            let (seconds, attoseconds) = min(duration, .seconds(86_400)).components
            time.tv_sec += Int(seconds)
            time.tv_nsec += Int(attoseconds / 1_000_000_000)
            if time.tv_nsec >= 1_000_000_000 {
                time.tv_sec += 1
                time.tv_nsec -= 1_000_000_000
            }
            pthread_cond_timedwait(condition, mutex, &time)
        #else
            let (seconds, attoseconds) = min(duration, .seconds(86_400)).components
            var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
            pthread_cond_timedwait_relative_np(condition, mutex, &time)
        #endif
    }
}
