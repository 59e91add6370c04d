internal import Glibc

/// A value that one thread at a time touches.
///
/// In place of `Synchronization.Mutex`, which on Linux unlocks in the kernel where the thread sanitizer does not see it:
/// ten lines with two threads and a Mutex are reported as a race, and so would be every channel. A pthread mutex costs
/// some 15 ns more, a few times a batch.
///
/// `@unchecked Sendable` and the pointers are safe because both are made in `init` and stay where they are until
/// `deinit`, the mutex is touched through pthread's functions alone, and the value only while the mutex is held: `body`
/// gets it `inout sending`, so nothing of it can stay behind outside.
package struct Lock<Value>: ~Copyable, @unchecked Sendable {
    // Not private: a ``Monitor`` waits with the mutex.
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

    /// Takes the value.
    package init(_ initial: consuming sending Value) {
        pthread_mutex_init(mutex, nil)
        value.initialize(to: initial)
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Lends the value; waits while another thread has it. Must not be called from within `body`.
    /// - Parameter body: reads or changes the value.
    /// - Returns: what `body` returns.
    package borrowing func withLock<Result, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value.pointee)
    }
}
