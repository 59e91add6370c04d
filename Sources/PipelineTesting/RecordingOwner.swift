public import Pipeline

/// A sink that owns positions: it waits for the other sinks, then takes records and positions in one step.
public actor RecordingOwner: PositionOwner {
    /// What the owner holds, and would hold after a crash.
    public struct Store: Sendable {
        /// The stream, once there is one.
        public var stream: StreamIdentity?
        /// The next position by partition.
        public var positions: [Int32: Int64] = [:]
        /// The values of all records, in order.
        public var texts: [String?] = []
        /// The dead records, in order.
        public var dead: [DeadRecord] = []
        /// Batches that begin elsewhere than the position stored before them.
        public var gaps: [Claim] = []
        /// Batches it was given.
        public var written = 0

        /// A new store.
        public init() {}
    }

    /// What the owner holds; hand it to the next one to play a restart.
    public nonisolated let store: Watched<Store>

    private var context: SinkContext?

    /// Makes an owner.
    /// - Parameter store: what an earlier one has left, or an empty store.
    public init(store: Watched<Store> = Watched(Store())) {
        self.store = store
    }

    /// Keeps the context for the commit barrier.
    public func open(_ context: SinkContext) async throws {
        self.context = context
    }

    /// See `PositionOwner`.
    public func storedStream() async throws -> StreamIdentity? { store.value.stream }

    /// See `PositionOwner`.
    public func storedPositions() async throws -> [Int32: Int64] { store.value.positions }

    /// See `PositionOwner`.
    public func begin(_ stream: StreamIdentity, at positions: [Int32: Int64]) async throws {
        if let known = store.value.stream, known != stream {
            throw PipelineError(.configuration, "cannot begin", reason: "the store is of another stream")
        }
        store.update {
            $0.stream = stream
            $0.positions.merge(positions) { old, _ in old }
        }
    }

    /// Waits for the others, takes the batch, acknowledges.
    public func write(_ batch: Batch, receipt: Receipt) async throws {
        store.update { $0.written += 1 }
        try await context?.waitForOthers(batch.claims)
        store.update { store in
            for claim in batch.claims {
                if let position = store.positions[claim.partition], position != claim.from { store.gaps.append(claim) }
                store.positions[claim.partition] = claim.to
            }
            store.texts += batch.texts
            if context?.takesDeadLetters == true { store.dead += batch.dead }
        }
        receipt.acknowledge()
    }

    /// Lets the context go.
    public func close() async {
        context = nil
    }
}
