import Dispatch
import Glibc

/// Turns SIGINT and SIGTERM into calls. The handlers' default action is off from then on.
final class Signals {
    private let sources: [any DispatchSourceSignal]

    /// - Parameter handle: called for each signal, on a thread that is none of the cooperative pool's.
    init(_ handle: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "signals")
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler(handler: handle)
            source.resume()
            return source
        }
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
