/// Why a pipeline stops.
public enum StopReason: String, Sendable, Hashable {
    /// The source has no more.
    case endOfInput = "completed"
    /// A time to live has run out.
    case timeToLive = "ttl"
    /// A signal, or the pipeline beside this one has ended with an error.
    case interrupted
}

/// What a stage knows of its surroundings.
public struct StageContext: Sendable {
    /// The stage's name in the pipeline.
    public let name: String
    /// The pipeline's name.
    public let pipeline: String
    /// Where to write log lines; they carry pipeline and stage already.
    public let log: Log
    /// The time.
    public let clock: any PipelineClock
    /// Which of several like pipelines this one is: the source's shard, 0 where it has none.
    public let shard: Int32
    private let stop: @Sendable (StopReason) -> Void

    /// Makes a context.
    /// - Parameters:
    ///   - name: the stage's name.
    ///   - pipeline: the pipeline's name.
    ///   - log: where to write.
    ///   - clock: the time.
    ///   - shard: which of several like pipelines this one is.
    ///   - stop: stops the pipeline at this stage.
    public init(
        name: String, pipeline: String, log: Log, clock: any PipelineClock, shard: Int32 = 0,
        stop: @escaping @Sendable (StopReason) -> Void
    ) {
        self.name = name
        self.pipeline = pipeline
        self.log = log
        self.clock = clock
        self.shard = shard
        self.stop = stop
    }

    /// Stops the pipeline at this stage: what has passed it drains to the sinks, what has not is returned. The first
    /// call counts. From any thread, never waits.
    /// - Parameter reason: why.
    public func requestStop(_ reason: StopReason) {
        stop(reason)
    }
}

/// What a source knows of its surroundings.
public struct SourceContext: Sendable {
    /// What every stage knows.
    public let stage: StageContext
    /// The sinks that own positions, opened already; empty where the source or a group keeps them. With two, the
    /// source starts each partition at the lower position.
    public let owners: [any PositionOwner]

    /// Makes a context.
    /// - Parameters:
    ///   - stage: what every stage knows.
    ///   - owners: the sinks that own positions.
    public init(stage: StageContext, owners: [any PositionOwner]) {
        self.stage = stage
        self.owners = owners
    }
}

/// What a sink knows of its surroundings.
public struct SinkContext: Sendable {
    /// What every stage knows.
    public let stage: StageContext
    /// Whether this sink is the pipeline's place for dead letters, and writes `batch.dead` too.
    public let takesDeadLetters: Bool
    /// The group whose member the source is, for a sink that owns positions: it commits the group's then.
    public let group: (any ConsumerGroup)?
    private let barrier: @Sendable ([Claim]) async throws -> Void
    private let failure: @Sendable (PipelineError) -> Void

    /// Makes a context.
    /// - Parameters:
    ///   - stage: what every stage knows.
    ///   - takesDeadLetters: whether this sink writes `batch.dead`.
    ///   - group: the source's group.
    ///   - barrier: waits for the other required sinks.
    ///   - failure: hears of a failure outside a call.
    public init(
        stage: StageContext, takesDeadLetters: Bool, group: (any ConsumerGroup)? = nil,
        barrier: @escaping @Sendable ([Claim]) async throws -> Void,
        failure: @escaping @Sendable (PipelineError) -> Void
    ) {
        self.stage = stage
        self.takesDeadLetters = takesDeadLetters
        self.group = group
        self.barrier = barrier
        self.failure = failure
    }

    /// The commit barrier: returns when every other required sink that owns no positions has acknowledged these
    /// claims and all before them.
    /// - Parameter claims: the claims that are about to become durable.
    /// - Throws: `CancellationError` when the task is cancelled, ``PipelineError`` when another sink has given up.
    public func waitForOthers(_ claims: [Claim]) async throws {
        try await barrier(claims)
    }

    /// Tells the runtime of a failure that no call is there to throw (a delivery report on another thread). Same
    /// effect as throwing it from `write`.
    /// - Parameter error: what happened.
    public func fail(_ error: PipelineError) {
        failure(error)
    }
}
