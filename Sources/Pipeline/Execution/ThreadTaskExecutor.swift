/// Runs tasks on the thread of a ``ThreadExecutor``: those that are added with it as their preference, and the default
/// actors they call.
///
/// Must live until its tasks have ended, which a task group that is awaited sees to.
final class ThreadTaskExecutor: TaskExecutor, Sendable {
    private let thread: ThreadExecutor

    /// - Parameter thread: whose thread is used; whoever made it stops it.
    init(on thread: ThreadExecutor) {
        self.thread = thread
    }

    /// Takes a job. From any thread.
    func enqueue(_ job: consuming ExecutorJob) {
        thread.enqueue(job, of: asUnownedTaskExecutor())
    }
}
