/// A stage between source and sinks.
///
/// Order of calls: `open`, `start`, any number of `demand` and `process`, at most one `finish`, `close`. The runtime
/// never calls a transform again before its last call returned.
public protocol Transform: Actor {
    /// The thread of its own that the actor runs on, for blocking C; nil if it runs where others do. The runtime runs the
    /// stage's loop there as well, so that no batch changes threads to get to the stage and back.
    nonisolated var thread: ThreadExecutor? { get }

    /// Fields the transform reads; the runtime has them parsed before `process`.
    nonisolated var fields: [FieldNeed] { get }

    /// Whether the transform sets the pace: only then `demand` is called. Constant from `open` on.
    nonisolated var pacesDemand: Bool { get }

    /// Gets ready.
    /// - Parameter context: the stage's surroundings.
    /// - Throws: ``PipelineError``; the run then ends with it.
    func open(_ context: StageContext) async throws

    /// Called once when every stage is open, before the first record.
    func start() async throws

    /// What the transform wants now. It says so at once and leaves the waiting to the runtime, where the end of input
    /// and a stop end it without a task for each wait.
    /// - Parameter downstream: how many records the stages after it have room for; at least 1.
    /// - Returns: at least 1 record and at most `downstream`, or when to ask again.
    func demand(downstream: Int) async throws -> Demand

    /// Takes one batch and emits none, one or many. Claims go on in order, none invented or lost; dead records go on
    /// untouched. Records it leaves out are told to `emitter.drop`.
    /// - Parameters:
    ///   - batch: the batch.
    ///   - emitter: the way on.
    /// - Throws: ``PipelineError``; a bad record is rejected with ``Batch/reject(stage:_:)``, never thrown.
    func process(_ batch: Batch, emitter: Emitter) async throws

    /// Hands out what is held, at the end of input or on a stop behind this stage.
    /// - Parameter emitter: the way on.
    func finish(emitter: Emitter) async throws

    /// Releases everything; called once.
    func close() async

    /// What the transform shows on the live line and in the report; reads counters, never waits for the actor.
    nonisolated var measurements: [Measurement] { get }
}

extension Transform {
    /// No thread of its own.
    public nonisolated var thread: ThreadExecutor? { nil }
    /// No fields.
    public nonisolated var fields: [FieldNeed] { [] }
    /// Takes what comes.
    public nonisolated var pacesDemand: Bool { false }
    /// Nothing to do.
    public func open(_ context: StageContext) async throws {}
    /// Nothing to do.
    public func start() async throws {}
    /// What the stages after it want.
    public func demand(downstream: Int) async throws -> Demand { .records(downstream) }
    /// Nothing held.
    public func finish(emitter: Emitter) async throws {}
    /// Nothing to release.
    public func close() async {}
    /// Nothing to show.
    public nonisolated var measurements: [Measurement] { [] }
}
