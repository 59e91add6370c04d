internal import Synchronization

/// A batch on its way to one sink.
struct Delivery: Sendable {
    var number: DeliveryNumber
    var batch: Batch
}

/// One sink with what belongs to it: its channel, its ledger, its failure.
final class SinkLane: Sendable {
    let index: Int
    let name: String
    let type: String
    /// Whether its acknowledgements are waited for, and its failure is the run's.
    let isRequired: Bool
    let sink: any Sink
    let channel: Channel<Delivery>
    let ledger = StageLedger()
    /// Nanoseconds that the others waited for this sink's room.
    let heldBack = Atomic<Int64>(0)
    /// Records rejected in this sink's name before they reached it.
    let rejectedAhead = Atomic<Int>(0)
    // Added to by whoever acknowledges, read by whoever looks.
    private let times = Lock(
        (latency: Histogram(bounds: Histogram.seconds), age: Histogram(bounds: Histogram.seconds)))
    // A failure comes from any thread (delivery reports); the sink's loop takes it. One that an earlier generation of the
    // sink reports late concerns nobody any more.
    private let failure = Lock<(generation: Int, error: PipelineError?)>((0, nil))
    private let isOpen = Atomic<Bool>(false)

    /// - Parameters:
    ///   - index: the sink's index.
    ///   - part: the sink.
    ///   - isRequired: whether its acknowledgements are waited for.
    ///   - memory: bytes that its unacknowledged batches may hold.
    init(index: Int, part: PipelineParts.SinkPart, isRequired: Bool, memory: Int) {
        self.index = index
        self.isRequired = isRequired
        name = part.sink.name
        type = part.sink.type
        sink = part.sink.stage
        channel = Channel(byteLimit: memory, keepsBytesUntilReleased: true)
    }

    /// Opens the sink.
    func open(_ context: SinkContext) async throws {
        isOpen.store(true, ordering: .relaxed)
        try await sink.open(context)
    }

    /// Closes the sink unless it is closed.
    func close() async {
        if isOpen.exchange(false, ordering: .relaxed) { await sink.close() }
    }

    /// Counts an acknowledgement.
    /// - Parameters:
    ///   - latency: since the batch was delivered to the sink.
    ///   - age: since the time of the batch's first record; nil for a batch without records.
    func noteAcknowledgement(latency: Duration, age: Duration?) {
        times.withLock { times in
            times.latency.add(latency / .seconds(1))
            if let age { times.age.add(max(0, age / .seconds(1))) }
        }
    }

    /// What the sink shows, and what the runtime measures of it.
    var measurements: [Measurement] {
        let times = times.withLock { $0 }
        return sink.measurements + [
            Measurement("sink_latency_seconds", .histogram(times.latency)),
            Measurement("end_to_end_latency_seconds", .histogram(times.age)),
        ]
    }

    /// Notes a failure outside a call and wakes the sink's loop. The first one of a generation counts.
    func fail(_ error: PipelineError, generation: Int) {
        let isNews = failure.withLock { failure in
            guard failure.generation == generation, failure.error == nil else { return false }
            failure.error = error
            return true
        }
        if isNews { channel.interruptReceiver() }
    }

    /// Forgets failures of earlier generations.
    func beginGeneration(_ generation: Int) {
        failure.withLock { $0 = (generation, nil) }
        channel.resumeReceiver()
    }

    /// Throws the failure that was noted, once.
    func throwFailure() throws(PipelineError) {
        let error = failure.withLock { failure in
            defer { failure.error = nil }
            return failure.error
        }
        if let error { throw error }
    }
}
