/// Pauses between attempts: doubling up to a bound, with jitter so that many who lost one server do not come back
/// in step.
public struct Backoff: Sendable {
    private var pause: Duration
    private let bound: Duration

    /// Begins anew.
    /// - Parameters:
    ///   - first: the first pause.
    ///   - bound: the longest pause.
    public init(first: Duration = .milliseconds(100), bound: Duration = .seconds(10)) {
        pause = first
        self.bound = bound
    }

    /// The next pause: between half and all of its full length.
    public mutating func next() -> Duration {
        var random = SystemRandomNumberGenerator()
        return next(using: &random)
    }

    /// The next pause: between half and all of its full length.
    /// - Parameter random: the jitter's source.
    public mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        let full = pause
        pause = min(pause * 2, bound)
        return full * Double.random(in: 0.5...1, using: &random)
    }
}
