/// What a sink throws when whoever read its output has gone and wants no more, as `head` does: the pipeline ends in order,
/// what the sink has not acknowledged is returned, and it is no failure.
public struct OutputClosed: Error, Sendable {
    /// Makes the error.
    public init() {}
}
