/// The way on from a transform.
public struct Emitter: Sendable {
    private let forward: @Sendable (Batch) async throws -> Void
    private let leaveOut: @Sendable (Int) -> Void

    /// Makes an emitter.
    /// - Parameters:
    ///   - send: takes a batch, and waits for room.
    ///   - drop: hears of records left out.
    public init(
        send: @escaping @Sendable (Batch) async throws -> Void, drop: @escaping @Sendable (Int) -> Void
    ) {
        forward = send
        leaveOut = drop
    }

    /// Sends a batch on; waits while there is no room.
    /// - Parameter batch: the batch; one without records goes on as well.
    /// - Throws: `CancellationError` when the run is cut off; the batch has then not gone on.
    public func send(_ batch: Batch) async throws {
        try await forward(batch)
    }

    /// Tells that records were left out on purpose, for the ledger.
    /// - Parameter count: how many.
    public func drop(_ count: Int) {
        leaveOut(count)
    }
}
