/// What a source gives when asked.
public enum SourceOutput: Sendable {
    /// A batch of at most as many records as were asked for; without records or claims when nothing has come yet.
    case batch(Batch)
    /// The end of input: `next` is not called again.
    case end
}

/// A stage that makes or reads batches.
///
/// Order of calls: `open`, `start`, any number of `next` and `advance`, `close`. The runtime never calls `next` or
/// `advance` before the last call of either returned. `close` comes whatever happened, also after a failed `open`.
public protocol Source: Actor {
    /// The thread of its own that the actor runs on, for blocking C; nil if it runs where others do. The runtime runs the
    /// stage's loop there as well, so that no batch changes threads to get to the stage and back.
    nonisolated var thread: ThreadExecutor? { get }

    /// Whether records that were given but not passed on can be read or made again by a later run. False for standard
    /// input, which a signal therefore lets through.
    nonisolated var isReplayable: Bool { get }

    /// The group that gives the source its partitions; nil where there is none. The same for the source's whole life.
    ///
    /// Where a sink owns positions (``SourceContext/owners``) the source leaves the committing to it.
    nonisolated var group: (any ConsumerGroup)? { get }

    /// Connects or opens what the source reads.
    ///
    /// Where `context.owner` is there, it says where to start (``PositionOwner``); otherwise the source decides.
    /// - Parameter context: the stage's surroundings, valid until `close` returns.
    /// - Throws: ``PipelineError``; the run then ends with it.
    func open(_ context: SourceContext) async throws

    /// Called once when every stage is open, before the first `next`.
    func start() async throws

    /// Gives the next batch.
    ///
    /// Returns within 50 ms, with an empty batch if there is nothing, so that stop and watermark reach the source; no
    /// busy loop comes of it because the waiting happens in here. Claims of one partition are contiguous from call to
    /// call. Cancellation of the task ends it at once by throwing `CancellationError`.
    /// - Parameter count: the most records wanted now; at least 1.
    /// - Returns: a batch, or the end.
    /// - Throws: ``PipelineError``, after which the run ends. An outage of a server is not an error: it is waited out,
    ///   with empty batches.
    func next(atMost count: Int) async throws -> SourceOutput

    /// Hears that every record below these positions is acknowledged by every required sink.
    /// - Parameter watermark: the next position by partition; only partitions that moved.
    func advance(to watermark: [Int32: Int64]) async

    /// Releases everything. Called once; after `start`, the last `advance` has been heard by then.
    func close() async

    /// Whether and when the server that the stage speaks with last answered, within a second or so also while there is
    /// nothing to move; never waits for the actor. A probe tells by it whether the stage does its work.
    nonisolated var contact: ServerContact { get }

    /// What the source shows on the live line and in the report; reads counters, never waits for the actor.
    nonisolated var measurements: [Measurement] { get }
}

extension Source {
    /// No thread of its own.
    public nonisolated var thread: ThreadExecutor? { nil }
    /// Records can be read again.
    public nonisolated var isReplayable: Bool { true }
    /// No group.
    public nonisolated var group: (any ConsumerGroup)? { nil }
    /// Nothing to do.
    public func start() async throws {}
    /// Nothing to do.
    public func advance(to watermark: [Int32: Int64]) async {}
    /// Nothing to release.
    public func close() async {}
    /// No server.
    public nonisolated var contact: ServerContact { .none }
    /// Nothing to show.
    public nonisolated var measurements: [Measurement] { [] }
}
