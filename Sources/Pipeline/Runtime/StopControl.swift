/// Why and where a pipeline stops; the first word counts. A signal after a stop changes nothing but the patience.
final class StopControl: Sendable {
    /// A stop that was asked for.
    struct Stop: Sendable {
        /// Index of the stage that stops: 0 is the source.
        var stage: Int
        /// Why.
        var reason: StopReason
    }

    private struct State {
        var stop: Stop?
        var error: PipelineError?
    }

    private let state = Lock(State())

    /// The stop, once there is one.
    var stop: Stop? { state.withLock { $0.stop } }

    /// The error the run ends with.
    var error: PipelineError? { state.withLock { $0.error } }

    /// Notes a stop.
    /// - Returns: whether it is the first.
    func request(_ stop: Stop) -> Bool {
        state.withLock { state in
            guard state.stop == nil else { return false }
            state.stop = stop
            return true
        }
    }

    /// Notes an error; the first one counts.
    func fail(_ error: PipelineError) {
        state.withLock { if $0.error == nil { $0.error = error } }
    }
}
