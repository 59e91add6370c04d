/// A stage that takes batches and acknowledges them when they are durable by its own definition.
///
/// Order of calls: `open`, `start`, any number of `write` and `flush`, `close`; after a retriable error `close` and
/// `open` again, and then every unacknowledged batch once more, in order. The runtime never calls `write` or `flush`
/// before its last call returned.
public protocol Sink: Actor {
    /// The thread of its own that the actor runs on, for blocking C; nil if it runs where others do. The runtime runs the
    /// stage's loop there as well, so that no batch changes threads to get to the stage and back.
    nonisolated var thread: ThreadExecutor? { get }

    /// Whether calls should always come from the same thread although none of them blocks: what a C library allocates
    /// in them then lies in one of malloc's arenas, instead of in one for each thread of the pool. The sink has that
    /// thread to itself, or shares it with the other stages of a pipeline that has a pace.
    nonisolated var prefersOneThread: Bool { get }

    /// Fields the sink reads; the runtime has them parsed before `write`, and rejects what does not fit.
    nonisolated var fields: [FieldNeed] { get }

    /// How long a taken batch may wait for company before the runtime calls `flush`; nil for a sink that acknowledges
    /// by itself.
    nonisolated var flushInterval: Duration? { get }

    /// Connects or opens the output.
    /// - Parameter context: the stage's surroundings, valid until `close` returns.
    /// - Throws: ``PipelineError``. Retries inside, up to its own time limit; the run then ends with the error.
    func open(_ context: SinkContext) async throws

    /// Called once when every stage is open, before the first record.
    func start() async throws

    /// Takes a batch; returns when it has, which may be long before it is durable. An outage is waited out in here, in
    /// order, with backoff.
    ///
    /// The batch may be without records: its claims must be acknowledged all the same. A sink that is the pipeline's
    /// place for dead letters also keeps `batch.dead`; every other sink ignores it.
    /// - Parameters:
    ///   - batch: the batch.
    ///   - receipt: acknowledges the batch, from any thread, once.
    /// - Throws: ``PipelineError`` when it cannot go on: a retriable one has the runtime reopen the sink, another ends
    ///   the run. ``OutputClosed`` when nobody wants the output any more. Cancellation throws `CancellationError`.
    func write(_ batch: Batch, receipt: Receipt) async throws

    /// Makes everything taken so far durable and acknowledges it before it returns. Called `flushInterval` after the
    /// first unflushed write, and at the end.
    func flush() async throws

    /// Releases everything, without waiting for what is not acknowledged; called once for each `open`.
    func close() async

    /// Whether and when the server that the stage speaks with last answered, within a second or so also while there is
    /// nothing to move; never waits for the actor. A probe tells by it whether the stage does its work.
    nonisolated var contact: ServerContact { get }

    /// What the sink shows on the live line and in the report; reads counters, never waits for the actor.
    nonisolated var measurements: [Measurement] { get }
}

extension Sink {
    /// No thread of its own.
    public nonisolated var thread: ThreadExecutor? { nil }
    /// Any thread of the pool.
    public nonisolated var prefersOneThread: Bool { false }
    /// No fields.
    public nonisolated var fields: [FieldNeed] { [] }
    /// Acknowledges by itself.
    public nonisolated var flushInterval: Duration? { nil }
    /// Nothing to do.
    public func start() async throws {}
    /// Nothing held.
    public func flush() async throws {}
    /// Nothing to release.
    public func close() async {}
    /// No server.
    public nonisolated var contact: ServerContact { .none }
    /// Nothing to show.
    public nonisolated var measurements: [Measurement] { [] }
}

/// A sink that keeps the positions itself, in the same transaction as the records.
///
/// It is fed by static assignment only. Before it makes records durable it waits for the other required sinks
/// (``SinkContext/waitForOthers(_:)``), so it is never ahead of them. After a restart the source asks it where to go on.
public protocol PositionOwner: Sink {
    /// The stream whose positions are stored, or nil in a new store. Callable once `open` returned.
    func storedStream() async throws -> StreamIdentity?

    /// The stored next position of each partition. Callable once `open` returned.
    func storedPositions() async throws -> [Int32: Int64]

    /// The marks of the last stored record of each partition; a partition without one has none. By them the source tells
    /// whether the stream is still the one that is stored. Callable once `open` returned.
    func storedMarks() async throws -> [Int32: RecordMark]

    /// Stores durably, before the first record is read, which stream this is and where each new partition begins.
    ///
    /// Called by the source while it opens and again when partitions appear. A partition that is stored already keeps
    /// its position.
    /// - Parameters:
    ///   - stream: the stream.
    ///   - positions: the first position of each partition that is not stored yet.
    /// - Throws: ``PipelineError`` if the store belongs to another stream; nothing is changed then.
    func begin(_ stream: StreamIdentity, at positions: [Int32: Int64]) async throws

    /// Stores durably that partitions begin anew: what they held is gone from the stream, which goes on under the same
    /// name, perhaps in another cluster. What is stored of them stays, as an earlier generation.
    ///
    /// Called by the source while it opens and when partitions appear, where its file says so.
    /// - Parameters:
    ///   - stream: the stream as it is now.
    ///   - positions: the first position of each partition that begins anew; one that is not stored begins simply.
    /// - Throws: ``PipelineError`` if the stream has another name, or the owner keeps no generations; nothing is changed
    ///   then.
    func beginAnew(_ stream: StreamIdentity, at positions: [Int32: Int64]) async throws
}

extension PositionOwner {
    /// Keeps no marks: the stream is taken to be what it was as long as it reaches the stored positions.
    public func storedMarks() async throws -> [Int32: RecordMark] { [:] }

    /// Keeps no generations.
    public func beginAnew(_ stream: StreamIdentity, at positions: [Int32: Int64]) async throws {
        throw PipelineError(
            .configuration, "cannot begin \(stream.topic) anew",
            reason: "a sink that owns positions keeps no earlier generations of a stream",
            remedy: "Begin with an empty store, or under another name")
    }
}
