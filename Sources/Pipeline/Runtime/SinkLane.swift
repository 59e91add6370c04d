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
    let isRequired: Bool
    let sink: any Sink
    let channel: Channel<Delivery>
    let ledger = StageLedger()
    /// Nanoseconds that the others waited for this sink's room.
    let heldBack = Atomic<Int64>(0)
    /// Records rejected in this sink's name before they reached it.
    let rejectedAhead = Atomic<Int>(0)
    // A failure comes from any thread (delivery reports); the sink's loop takes it.
    private let failure = Mutex<PipelineError?>(nil)

    init(index: Int, part: PipelineParts.SinkPart, memory: Int) {
        self.index = index
        isRequired = part.isRequired
        name = part.sink.name
        type = part.sink.type
        sink = part.sink.stage
        channel = Channel(byteLimit: memory, keepsBytesUntilReleased: true)
    }

    /// Notes a failure outside a call and wakes the sink's loop. The first one counts.
    func fail(_ error: PipelineError) {
        failure.withLock { if $0 == nil { $0 = error } }
        channel.interruptReceiver()
    }

    /// Throws the failure that was noted, once.
    func throwFailure() throws(PipelineError) {
        let error = failure.withLock { failure in
            defer { failure = nil }
            return failure
        }
        guard let error else { return }
        channel.resumeReceiver()
        throw error
    }
}
