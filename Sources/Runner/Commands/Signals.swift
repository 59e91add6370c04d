import Dispatch
import Glibc

/// Turns SIGINT and SIGTERM into calls. Until then a signal ends the process, from then on none is lost.
final class Signals {
    private let sources: [any DispatchSourceSignal]

    /// Waits until the system knows of the handlers, which libdispatch tells it from another thread. The signals are not
    /// ignored meanwhile, as is the custom elsewhere: one that came within that millisecond was lost, and a pipeline
    /// that was to stop ran on.
    /// - Parameter handle: called for each signal, on a thread that is none of the cooperative pool's.
    init(_ handle: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "signals")
        let registrations = DispatchGroup()
        sources = [SIGINT, SIGTERM].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler(handler: handle)
            registrations.enter()
            source.setRegistrationHandler { registrations.leave() }
            source.resume()
            return source
        }
        registrations.wait()
    }

    /// Lets a closed pipe be an error of the write instead of the process's end.
    static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Ends the calls.
    func cancel() {
        for source in sources { source.cancel() }
    }
}
