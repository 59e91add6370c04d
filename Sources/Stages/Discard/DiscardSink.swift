public import Pipeline
internal import Synchronization

/// A sink that keeps nothing: it acknowledges every batch at once and counts what it was given.
///
/// For measuring what stands before it, and as a place for dead letters where a pipeline is meant to pass over bad
/// records: that way the file says so, and the report says how many there were.
public actor DiscardSink: Sink {
    /// The declaration of the stage type.
    public static let definition = StageDefinition(
        .sink, "discard", summary: "Takes everything, keeps nothing, and counts it.", settings: [],
        example: #"{ "type": "discard" }"#,
        traits: { _ in StageDefinition.Traits(takesDeadLetters: true) },
        make: { _, _ in .sink(DiscardSink()) })

    // Atomics, because measurements are read beside the actor.
    private nonisolated let records = Atomic<Int64>(0)
    private nonisolated let bytes = Atomic<Int64>(0)
    private nonisolated let deadLetters = Atomic<Int64>(0)
    private var takesDeadLetters = false

    /// Makes the sink.
    public init() {}

    /// Has nothing to open.
    public func open(_ context: SinkContext) {
        takesDeadLetters = context.takesDeadLetters
    }

    /// Counts the batch and acknowledges it.
    public func write(_ batch: Batch, receipt: Receipt) {
        records.add(Int64(batch.records.count), ordering: .relaxed)
        bytes.add(Int64(batch.size), ordering: .relaxed)
        if takesDeadLetters { deadLetters.add(Int64(batch.dead.count), ordering: .relaxed) }
        receipt.acknowledge()
    }

    /// Records, their bytes, and dead letters so far.
    public nonisolated var measurements: [Measurement] {
        [
            Measurement.total("discarded", records.load(ordering: .relaxed)),
            Measurement.total("discarded_bytes", bytes.load(ordering: .relaxed)),
            Measurement.total("discarded_dead_letters", deadLetters.load(ordering: .relaxed)),
        ]
    }
}
