internal import CRDKafka
internal import Pipeline
internal import Synchronization

/// A producer from `open` to `close`: what is in flight, and the thread that takes delivery reports.
///
/// After a failure nothing more is taken; the runtime closes the sink and opens it with a new session, and the receipts
/// of this one are void.
final class ProducerSession: Sendable {
    /// What a waiting `write` or `flush` waits for.
    private enum Condition {
        case room(records: Int, bytes: Int)
        case nothingInFlight
    }

    private struct State {
        var ledger: DeliveryLedger
        // One at most: the runtime never has two calls of a sink under way.
        var waiter: (condition: Condition, continuation: CheckedContinuation<Void, any Error>)?
        var failure: PipelineError?
        var meanDelivery = 0.0

        func isMet(_ condition: Condition) -> Bool {
            switch condition {
            case .room(let records, let bytes): ledger.hasRoom(records: records, bytes: bytes)
            case .nothingInFlight: ledger.records == 0
            }
        }

        mutating func takeWaiter() -> CheckedContinuation<Void, any Error>? {
            defer { waiter = nil }
            return waiter?.continuation
        }
    }

    /// Figures for the report.
    struct Figures: Sendable {
        var delivered: Int64 = 0
        var deliveredBytes: Int64 = 0
        var rejected: Int64 = 0
        var inFlight = 0
        var meanDeliveryMilliseconds = 0.0
    }

    private static let partitionRefresh = Duration.seconds(30)

    private let client: KafkaClient
    private let topic: TopicHandle
    private let topicName: String
    private let context: SinkContext
    // The topic's partitions as last heard: the thread asks now and then, since a topic may grow.
    private let partitions: Atomic<Int32>
    private let state: Mutex<State>
    private let writer: RecordWriter
    private let thread = ServiceThread("kafka delivery")

    /// When a broker last answered.
    var contact: ServerContact { client.log.contact }

    var figures: Figures {
        state.withLock { state in
            Figures(
                delivered: state.ledger.delivered, deliveredBytes: state.ledger.deliveredBytes,
                rejected: state.ledger.rejected, inFlight: state.ledger.records,
                meanDeliveryMilliseconds: state.meanDelivery)
        }
    }

    /// Makes the producer and starts its thread.
    init(
        client: KafkaClient, topic name: String, partitions count: Int32, recordLimit: Int, byteLimit: Int,
        partitioner: KafkaPartitioner, timestamps: KafkaTimestamps, context: SinkContext
    ) throws(KafkaError) {
        self.client = client
        self.context = context
        topicName = name
        topic = try TopicHandle(client, name)
        partitions = Atomic(count)
        state = Mutex(State(ledger: DeliveryLedger(recordLimit: recordLimit, byteLimit: byteLimit)))
        writer = RecordWriter(client: client, topic: topic, partitioner: partitioner, timestamps: timestamps)
        thread.start { [self] service in serve(until: service) }
    }

    // MARK: - Taking batches

    /// Takes a batch once there is room for it.
    func write(_ batch: Batch, _ receipt: Receipt) async throws {
        let slot = try await admit(batch, receipt)
        refuse(writer.produce(batch, slot: slot, partitions: partitions.load(ordering: .relaxed)))
    }

    private func admit(_ batch: Batch, _ receipt: Receipt) async throws -> Int {
        while true {
            let now = context.stage.clock.now
            let slot = try state.withLock { state throws(PipelineError) -> Int? in
                if let failure = state.failure { throw failure }
                return state.ledger.admit(batch, receipt, now: now)
            }
            if let slot { return slot }
            try await wait(for: .room(records: batch.records.count, bytes: batch.footprint))
        }
    }

    /// Waits until every record taken is settled.
    func waitUntilSettled() async throws {
        try await wait(for: .nothingInFlight)
    }

    /// Ends the thread and the producer; what is in flight is given up, its receipts void.
    func close() async {
        client.interrupt()
        await thread.stop()
        // Only now is no thread of librdkafka left that could read a batch's bytes or make a report.
        state.withLock { $0.ledger.letGo() }
    }

    private func wait(for condition: Condition) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome = state.withLock { state -> Result<Void, any Error>? in
                    if let failure = state.failure { return .failure(failure) }
                    if state.isMet(condition) { return .success(()) }
                    // The handler below runs before or after this: before, the flag is seen here.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiter = (condition, continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.takeWaiter() }
            waiter?.resume(throwing: CancellationError())
        }
    }

    // MARK: - The thread

    private func serve(until service: ServiceThread) {
        var nextRefresh = context.stage.clock.now + Self.partitionRefresh
        while !service.isStopping {
            client.serve(.milliseconds(100)) { event in
                if event.type == RD_KAFKA_EVENT_DR { take(event) }
            }
            if let reason = client.fatalReason { update { state, _ in fail(&state, reason) } }
            if context.stage.clock.now >= nextRefresh || client.log.isSilent {
                nextRefresh = context.stage.clock.now + Self.partitionRefresh
                if case .partitions(let count) = try? client.topicState(topicName, timeout: .milliseconds(500)) {
                    partitions.store(count, ordering: .relaxed)
                }
            }
        }
        topic.destroy()
        client.destroy()
    }

    private func take(_ event: borrowing ClientEvent) {
        update { state, finished in
            // Reports of one batch stand together, so they are counted and entered once a run.
            var run = (slot: 0, count: 0, bytes: 0)
            func endRun() {
                guard run.count > 0 else { return }
                client.log.noteAnswer()
                if let batch = state.ledger.deliver(run.count, bytes: run.bytes, of: run.slot) {
                    finished.append(batch)
                }
                run.count = 0
                run.bytes = 0
            }
            event.forEachMessage { message in
                let ticket = DeliveryLedger.Ticket(bits: UInt(bitPattern: message.pointee._private))
                let size = message.pointee.len + message.pointee.key_len
                if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR, !state.ledger.isAlone(ticket) {
                    if ticket.slot != run.slot { endRun() }
                    run.slot = ticket.slot
                    run.count += 1
                    run.bytes += size
                    return
                }
                endRun()
                let settled: DeliveryLedger.Finished?
                if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                    settled = state.ledger.report(ticket, .delivered(bytes: size))
                } else if case let error = KafkaError(message.pointee.err), error.isAboutRecord {
                    settled = state.ledger.report(ticket, .suspect(error.reason))
                } else {
                    fail(&state, client.fatalReason ?? KafkaError(message.pointee.err).reason)
                    settled = nil
                }
                if let settled { finished.append(settled) }
            }
            endRun()
        }
    }

    /// Changes the state, and then, without the lock: acknowledges, wakes who waits, sends the next suspect.
    private func update(_ change: (inout State, inout [DeliveryLedger.Finished]) -> Void) {
        let now = context.stage.clock.now
        var finished: [DeliveryLedger.Finished] = []
        let (waiter, failure, alone, isNewFailure) = state.withLock { state in
            let hadFailed = state.failure != nil
            change(&state, &finished)
            for batch in finished {
                let milliseconds = (now - batch.admittedAt) / .milliseconds(1)
                state.meanDelivery += (milliseconds - state.meanDelivery) / (state.meanDelivery == 0 ? 1 : 16)
            }
            let failure = state.failure
            let mustWake = failure != nil || state.waiter.map { state.isMet($0.condition) } ?? false
            return (
                mustWake ? state.takeWaiter() : nil, failure, failure == nil ? state.ledger.nextAlone() : nil,
                failure != nil && !hadFailed
            )
        }
        for batch in finished { batch.receipt.acknowledge(rejecting: batch.rejections) }
        if let failure {
            if isNewFailure { context.fail(failure) }
            waiter?.resume(throwing: failure)
        } else {
            waiter?.resume()
        }
        if let alone { send(alone: alone.ticket, of: alone.batch) }
    }

    private func send(alone ticket: DeliveryLedger.Ticket, of batch: Batch) {
        refuse(writer.produce(batch, alone: ticket, partitions: partitions.load(ordering: .relaxed)))
    }

    /// Hears of records that librdkafka did not take.
    private func refuse(_ refusals: [RecordWriter.Refusal]) {
        if refusals.isEmpty { return }
        update { state, finished in
            for refusal in refusals {
                // Refused by the client's own limit, so no neighbour is to blame.
                let error = KafkaError(refusal.code)
                if error.isAboutRecord {
                    if let batch = state.ledger.report(refusal.ticket, .refused(error.reason)) {
                        finished.append(batch)
                    }
                } else {
                    fail(&state, error.reason)
                }
            }
        }
    }

    private func fail(_ state: inout State, _ reason: String) {
        guard state.failure == nil else { return }
        state.failure = PipelineError(
            .unavailable, "cannot deliver to the topic \(topicName)", reason: reason,
            remedy: "The producer is made anew, and what is not acknowledged is sent again", isRetriable: true)
    }
}
