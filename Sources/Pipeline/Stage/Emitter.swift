/// The way on from a transform.
public struct Emitter: Sendable {
    private let forward: @Sendable (Batch) async throws -> Void
    private let leaveOut: @Sendable (Int) -> Void
    private let forwardUnlessStopped: @Sendable (Batch) async throws -> Void

    /// Makes an emitter.
    /// - Parameters:
    ///   - send: takes a batch, and waits for room.
    ///   - drop: hears of records left out.
    ///   - sendUnlessStopped: takes a batch as `send` does, or returns it; nil where nobody stops.
    public init(
        send: @escaping @Sendable (Batch) async throws -> Void, drop: @escaping @Sendable (Int) -> Void,
        sendUnlessStopped: (@Sendable (Batch) async throws -> Void)? = nil
    ) {
        forward = send
        leaveOut = drop
        forwardUnlessStopped = sendUnlessStopped ?? send
    }

    /// Sends a batch on; waits while there is no room.
    /// - Parameter batch: the batch; one without records goes on as well.
    /// - Throws: `CancellationError` when the run is cut off; the batch has then not gone on.
    public func send(_ batch: Batch) async throws {
        try await forward(batch)
    }

    /// Sends a batch on, unless the pipeline has been stopped at this very stage: then the batch is returned, as those are
    /// that have not come to the stage. For a stage that stops the pipeline and finds the batch to be too late.
    /// - Parameter batch: the batch.
    /// - Throws: `CancellationError` when the run is cut off; the batch has then not gone on.
    public func sendUnlessStopped(_ batch: Batch) async throws {
        try await forwardUnlessStopped(batch)
    }

    /// Tells that records were left out on purpose, for the ledger.
    /// - Parameter count: how many.
    public func drop(_ count: Int) {
        leaveOut(count)
    }
}
