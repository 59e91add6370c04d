internal import Glibc
internal import Synchronization

/// A thread of its own: for an actor that calls blocking C, since the cooperative pool is as wide as the machine has
/// cores and one blocked thread of it starves every other actor; and for tasks that wait for times
/// (``ThreadTaskExecutor``).
///
/// An actor uses it by returning it as `unownedExecutor`; calls then run here one after the other. Keep each blocking
/// call under 100 ms, since messages to the actor wait behind it. `init` and `deinit` of such an actor run elsewhere:
/// open and close C handles in methods. The thread ends when the executor is released after `stop`; a stopped executor
/// still runs jobs that come late, on a thread made for them, because a job that never runs hangs whoever awaits it.
public final class ThreadExecutor: SerialExecutor, Sendable {
    /// A job and as what it runs. The runtime compares that with what the job wants next, and puts the job into the
    /// queue again where they differ: said to be on both, an actor's call would be queued at every `await`, also of a
    /// function that stays on the actor.
    private enum Entry {
        case actor(UnownedJob)
        case task(UnownedJob, UnownedTaskExecutor)
    }

    private struct State {
        var jobs: [Entry] = []
        var agenda = Agenda()
        var isThreadRunning = false
        /// Whether the thread waits and nobody has woken it. One that works looks again by itself.
        var isAsleep = false
        var isStopped = false
    }

    /// What whoever gives the thread something to do does for it.
    private enum Waking {
        case nothing
        case signal
        case begin
    }

    private let state = Monitor(State())
    private let name: String
    // The thread in `run`, or 0: read by whoever asks whether it is on this thread, while the thread may come or go.
    private let thread = Atomic<UInt>(0)

    /// Makes an executor; its thread begins with the first job.
    /// - Parameter name: the thread's name as debuggers show it; 15 characters count on Linux.
    public init(name: String) {
        self.name = name
    }

    /// Takes a job of an actor. From any thread.
    public func enqueue(_ job: consuming ExecutorJob) {
        enqueue(.actor(UnownedJob(job)))
    }

    /// Takes a job of a task that prefers the thread. From any thread.
    func enqueue(_ job: consuming ExecutorJob, of executor: UnownedTaskExecutor) {
        enqueue(.task(UnownedJob(job), executor))
    }

    private func enqueue(_ entry: sending Entry) {
        wake(
            state.withLock { state in
                state.jobs.append(entry)
                return Self.waking(&state)
            })
    }

    /// Calls an action on the thread at a time of ``Duration/monotonic``, or soon if that has passed.
    func schedule(at time: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        let (number, waking) = state.withLock { state in
            let (number, isNext) = state.agenda.add(at: time, action)
            return (number, isNext ? Self.waking(&state) : .nothing)
        }
        wake(waking)
        return ScheduledAction { [self] in _ = state.withLock { $0.agenda.remove(number) } }
    }

    /// Lets the thread end once it has no more jobs and nothing more to call. Call after the task group that uses the
    /// actor has ended.
    public func stop() {
        wake(
            state.withLock { state in
                state.isStopped = true
                return state.isThreadRunning ? Self.waking(&state) : .nothing
            })
    }

    private static func waking(_ state: inout State) -> Waking {
        defer {
            state.isThreadRunning = true
            state.isAsleep = false
        }
        if !state.isThreadRunning { return .begin }
        return state.isAsleep ? .signal : .nothing
    }

    private func wake(_ waking: Waking) {
        switch waking {
        case .nothing: break
        case .signal: state.signal()
        case .begin:
            DetachedThread.start(name) { [self] in run() }
        }
    }

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        var jobs: [Entry] = []
        while true {
            let (action, mustEnd) = state.wait { state -> Monitor<State>.Verdict<(Agenda.Action?, Bool)> in
                state.isAsleep = false
                swap(&jobs, &state.jobs)
                let action = state.agenda.takeDue(.monotonic)
                if action != nil || !jobs.isEmpty { return .ready((action, false)) }
                if state.isStopped, state.agenda.nextTime == nil {
                    // Under the lock, before another thread may begin: the system gives the next the same number.
                    thread.store(0, ordering: .relaxed)
                    state.isThreadRunning = false
                    return .ready((nil, true))
                }
                state.isAsleep = true
                return .wait(until: state.agenda.nextTime)
            }
            if mustEnd { return }
            action?()
            for job in jobs {
                switch job {
                case .actor(let job): job.runSynchronously(on: asUnownedSerialExecutor())
                case .task(let job, let executor): job.runSynchronously(on: executor)
                }
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
