/// How a run ended.
public enum RunOutcome: String, Sendable, Hashable {
    /// It is under way.
    case running
    /// The source had no more.
    case completed
    /// Its time to live ran out.
    case timeToLive = "ttl"
    /// A signal, or another pipeline's failure.
    case interrupted
    /// An error.
    case failed
}

/// One stage in a report.
public struct StageReport: Sendable, Hashable {
    /// The name in the pipeline.
    public var name: String
    /// The word for `type` in the file.
    public var type: String
    /// The kind.
    public var kind: StageKind
    /// What it did with its records.
    public var ledger: LedgerEntry
    /// Bytes of the records that came out.
    public var bytes: Int
    /// For a sink: how long it held the others back.
    public var heldBack: Duration?
    /// What the stage itself has to say.
    public var measurements: [Measurement]
}

/// What a pipeline did: at the end, or so far.
public struct RunReport: Sendable {
    /// The pipeline's name.
    public var pipeline: String
    /// How it ended.
    public var outcome: RunOutcome
    /// From the moment every stage was open.
    public var elapsed: Duration
    /// The part of it in which records were asked for: until a stop. Draining and closing come after. All of it where
    /// the source had no more, since then delivering the rest is the work itself.
    public var flowing: Duration
    /// Records this run delivered: acknowledged by every required sink.
    public var records: Int
    /// Their bytes.
    public var bytes: Int
    /// Records that were under way when draining was cut off: neither delivered nor returned in order.
    public var givenUp: Int
    /// Whether every stage's ledger balances, and each neighbour's with the next.
    public var isBalanced: Bool
    /// What does not balance, in words.
    public var imbalance: String?
    /// Why the run failed.
    public var error: PipelineError?
    /// The stages: source, transforms, sinks.
    public var stages: [StageReport]

    /// Delivered records by the time in which records were asked for, so that a rate that was kept reads as such; 0
    /// before any time has passed.
    public var recordsPerSecond: Double {
        let seconds = flowing / .seconds(1)
        return seconds > 0 ? Double(records) / seconds : 0
    }

    /// A stage's measurement of that name, from whichever stage has one.
    public func measurement(_ name: String) -> Measurement.Value? {
        for stage in stages {
            if let found = stage.measurements.first(where: { $0.name == name }) { return found.value }
        }
        return nil
    }
}
