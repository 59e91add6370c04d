public import Pipeline

/// Keeps log lines for a test to read and wait for.
public final class CollectingLog: Sendable {
    /// The lines so far.
    public let entries = Watched<[Log.Entry]>([])

    /// Makes an empty one.
    public init() {}

    /// The log to hand to a pipeline or a stage.
    public var log: Log {
        Log { [entries] entry in entries.update { $0.append(entry) } }
    }
}
