public import Pipeline

/// A sink that keeps what it is given, and acknowledges, rejects, fails or blocks as a test tells it.
public actor RecordingSink: Sink {
    /// When a batch is acknowledged.
    public enum Acknowledging: Sendable {
        /// In `write`.
        case atOnce
        /// In `flush`.
        case onFlush
        /// When the test calls ``RecordingSink/acknowledge(_:)``; `flush` waits for that.
        case onCommand
        /// Never, not even in `flush`: against the contract, to see what the runtime does about it.
        case never
    }

    /// A call the sink receives.
    public enum Call: Sendable {
        /// `open`, with the context.
        case open(SinkContext)
        /// `start`.
        case start
        /// `write`, with the batch, before it is kept.
        case write(Batch)
        /// `flush`.
        case flush
        /// `close`.
        case close
    }

    /// What the sink was given.
    public struct Recording: Sendable {
        /// Every batch written, repeated ones included, in order.
        public var batches: [Batch] = []
        /// Calls of `open`.
        public var opened = 0
        /// Calls of `start`.
        public var started = 0
        /// Calls of `flush` that returned.
        public var flushed = 0
        /// Calls of `close`.
        public var closed = 0
        /// Index in `batches` of those not acknowledged.
        public var unacknowledged: [Int] = []

        /// The values of all records written, in order.
        public var texts: [String?] { batches.flatMap(\.texts) }
        /// The dead records written, in order.
        public var dead: [DeadRecord] { batches.flatMap(\.dead) }
    }

    /// What the sink was given so far.
    public nonisolated let recording = Watched(Recording())
    /// See `Sink`.
    public nonisolated let flushInterval: Duration?
    /// See `Sink`.
    public nonisolated let fields: [FieldNeed]

    private let acknowledging: Acknowledging
    private let rejecting: @Sendable (Batch) -> [Rejection]
    private let hook: @Sendable (Call) async throws -> Void
    private let receipts = Watched<[Int: Receipt]>([:])

    /// Makes a sink.
    /// - Parameters:
    ///   - acknowledging: when batches are acknowledged.
    ///   - flushInterval: see `Sink`.
    ///   - fields: see `Sink`.
    ///   - hook: called first in every call; may throw or wait, and so makes the sink fail or block.
    ///   - rejecting: which records of a batch the sink rejects when it acknowledges the batch.
    public init(
        acknowledging: Acknowledging = .atOnce, flushInterval: Duration? = nil, fields: [FieldNeed] = [],
        hook: @escaping @Sendable (Call) async throws -> Void = { _ in },
        rejecting: @escaping @Sendable (Batch) -> [Rejection] = { _ in [] }
    ) {
        self.acknowledging = acknowledging
        self.flushInterval = flushInterval
        self.fields = fields
        self.rejecting = rejecting
        self.hook = hook
    }

    /// Acknowledges batches, in the order given here.
    /// - Parameter indices: index in ``Recording/batches``; one that is acknowledged already is told again.
    public nonisolated func acknowledge(_ indices: [Int]) {
        for index in indices {
            let batch = recording.update { recording in
                recording.unacknowledged.removeAll { $0 == index }
                return recording.batches[index]
            }
            receipts.value[index]?.acknowledge(rejecting: rejecting(batch))
        }
    }

    /// Acknowledges everything, the oldest first.
    public nonisolated func acknowledgeAll() {
        acknowledge(recording.value.unacknowledged)
    }

    /// Notes the call.
    public func open(_ context: SinkContext) async throws {
        recording.update { $0.opened += 1 }
        try await hook(.open(context))
    }

    /// Notes the call.
    public func start() async throws {
        recording.update { $0.started += 1 }
        try await hook(.start)
    }

    /// Keeps the batch.
    public func write(_ batch: Batch, receipt: Receipt) async throws {
        try await hook(.write(batch))
        let index = recording.value.batches.count
        receipts.update { $0[index] = receipt }
        recording.update {
            $0.batches.append(batch)
            $0.unacknowledged.append(index)
        }
        if case .atOnce = acknowledging { acknowledge([index]) }
    }

    /// Acknowledges what is left, or waits until the test has.
    public func flush() async throws {
        try await hook(.flush)
        switch acknowledging {
        case .atOnce, .never: break
        case .onFlush: acknowledgeAll()
        case .onCommand: try await recording.wait { $0.unacknowledged.isEmpty }
        }
        recording.update { $0.flushed += 1 }
    }

    /// Forgets what is not acknowledged.
    public func close() async {
        try? await hook(.close)
        recording.update {
            $0.closed += 1
            $0.unacknowledged = []
        }
    }
}
