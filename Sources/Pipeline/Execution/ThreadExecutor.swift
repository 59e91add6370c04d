internal import Foundation
internal import Synchronization

/// A thread of its own for an actor that calls blocking C: the cooperative pool is as wide as the machine has cores,
/// and one blocked thread of it starves every other actor.
///
/// An actor uses it by returning it as `unownedExecutor`; calls then run here one after the other. Keep each blocking
/// call under 100 ms, since messages to the actor wait behind it. `init` and `deinit` of such an actor run elsewhere:
/// open and close C handles in methods. The thread ends when the executor is released after `stop`; a stopped executor
/// still runs jobs that come late, on a thread made for them, because a job that never runs hangs whoever awaits it.
public final class ThreadExecutor: SerialExecutor, TaskExecutor, Sendable {
    private struct State {
        var jobs: [UnownedJob] = []
        var isThreadRunning = false
        var isStopped = false
    }

    private let state = Lock(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let name: String
    // The thread in `run`, or 0: read by whoever asks whether it is on this thread, while the thread may come or go.
    private let thread = Atomic<UInt>(0)

    /// Makes an executor; its thread begins with the first job.
    /// - Parameter name: the thread's name as debuggers show it; 15 characters count on Linux.
    public init(name: String) {
        self.name = name
    }

    /// Takes a job. From any thread.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let mustBegin = state.withLock { state in
            state.jobs.append(job)
            defer { state.isThreadRunning = true }
            return !state.isThreadRunning
        }
        if mustBegin {
            let beginning = Thread { [self] in run() }
            beginning.name = name
            beginning.start()
        } else {
            wakeUp.signal()
        }
    }

    /// Lets the thread end once it has no more jobs. Call after the task group that uses the actor has ended.
    public func stop() {
        state.withLock { $0.isStopped = true }
        wakeUp.signal()
    }

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        var jobs: [UnownedJob] = []
        while true {
            let mustEnd = state.withLock { state in
                swap(&jobs, &state.jobs)
                guard jobs.isEmpty, state.isStopped else { return false }
                // Under the lock, before another thread may begin: the system gives the next thread the same number.
                thread.store(0, ordering: .relaxed)
                state.isThreadRunning = false
                return true
            }
            if mustEnd { return }
            if jobs.isEmpty {
                wakeUp.wait()
                continue
            }
            for job in jobs {
                job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
            jobs.removeAll(keepingCapacity: true)
        }
    }

    /// Whether the caller is on this executor's thread.
    public func isIsolatingCurrentContext() -> Bool? {
        thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    /// Traps off the executor's thread.
    public func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "called off the thread of \(name)")
    }
}
