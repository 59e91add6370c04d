internal import Glibc

/// Starts threads that nobody joins.
///
/// By pthread: Foundation's `Thread` would be the only thing that the runner needs the whole of Foundation for, and
/// loading that takes 3 ms at each start and 8 MB of memory (docs/decisions/0009-essentials-of-foundation.md).
package enum DetachedThread {
    /// Starts a thread.
    /// - Parameters:
    ///   - name: as debuggers show it; 15 bytes count on Linux.
    ///   - body: what it does.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        // The pointer's one reference goes to the thread, which takes it before anything else.
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                start.nameThread()
                start.body()
                return nil
            }, start.toOpaque())
        // The system has no threads left; whoever waits for this one would wait for ever.
        precondition(code == 0, "cannot start the thread \(name): \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        // Through the file, because Swift sees neither pthread_setname_np, which is GNU's own, nor prctl, which takes any
        // number of arguments. A thread without a name does its work too, so a failure is nobody's business.
        func nameThread() {
            let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { return }
            defer { close(file) }
            let bytes = Array(name.utf8)
            _ = write(file, bytes, bytes.count)
        }
    }
}
