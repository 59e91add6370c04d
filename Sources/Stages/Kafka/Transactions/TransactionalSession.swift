internal import CRDKafka
internal import Pipeline

/// A transactional producer from `open` to `close`: the transaction that is open, and the thread that takes the reports.
///
/// Its calls are those of one actor's thread, which they block for half a second at most before they look for a
/// cancellation.
final class TransactionalSession: Sendable {
    struct State {
        var transaction = OpenTransaction()
        /// Whether the broker is to hear of an end: a commit or an abort.
        var isBegun = false
        /// Kept for as long as librdkafka may read its bytes.
        var progressRecord: Batch?
        /// Whether the session is at its end, and whoever must know knows.
        var isFailed = false
    }

    private static let partitionRefresh = Duration.seconds(30)

    let tenure: ProducerTenure
    let client: KafkaClient
    private let topic: TopicHandle
    private let topicName: String
    private let progress: ProgressTopic
    private let progressTopic: TopicHandle
    let writer: RecordWriter
    private let progressWriter: RecordWriter
    private let recordLimit: Int
    private let context: SinkContext
    // The topic's partitions as last heard, written by this session's thread: a topic may grow.
    let partitions: Lock<Int32>
    let state = Monitor(State())
    private let thread = ServiceThread("kafka delivery")

    /// Makes the session and starts its thread.
    /// - Parameters:
    ///   - client: a producer with a transactional.id; the session's to end.
    ///   - settings: the sink's settings.
    ///   - count: the topic's partitions.
    ///   - progress: where progress is kept.
    ///   - tenure: takes the transactional.id and says what its loss means.
    ///   - context: the sink's surroundings.
    init(
        client: KafkaClient, _ settings: KafkaSinkSettings, partitions count: Int32, progress: ProgressTopic,
        tenure: ProducerTenure, context: SinkContext
    ) throws(KafkaError) {
        self.client = client
        self.progress = progress
        self.tenure = tenure
        self.context = context
        topicName = settings.connection.topic
        recordLimit = settings.recordLimit
        partitions = Lock(count)
        topic = try TopicHandle(client, topicName)
        do {
            progressTopic = try TopicHandle(client, progress.connection.topic)
        } catch {
            topic.destroy()
            throw error
        }
        writer = RecordWriter(
            client: client, topic: topic, partitioner: settings.partitioner, timestamps: settings.timestamps)
        progressWriter = RecordWriter(
            client: client, topic: progressTopic, partitioner: .murmur2Random, timestamps: .sending)
        thread.start { [self] service in serve(until: service) }
    }

    /// Takes the transactional.id over.
    func takeOver() throws {
        try tenure.take(with: client)
    }

    // MARK: - Writing

    /// Records and batches of the open transaction, and records in flight.
    var extent: (records: Int, isEmpty: Bool, inFlight: Int) {
        state.withLock { ($0.transaction.records, $0.transaction.isEmpty, $0.transaction.inFlight) }
    }

    /// Writes a batch into the open transaction; begins one where none is open and there is something to write.
    /// - Parameters:
    ///   - batch: the batch.
    ///   - receipt: acknowledges it.
    ///   - stored: where the stored part of each partition ends; nil where nothing of the batch is stored.
    /// - Throws: ``PipelineError``, `CancellationError`; the transaction is to be given up then.
    func write(_ batch: Batch, _ receipt: Receipt, storedBelow stored: [Int32: Int64]?) throws {
        let (slot, rest) = state.withLock { $0.transaction.add(batch, receipt, storedBelow: stored) }
        try write(rest, slot: slot)
    }

    func write(_ batch: Batch, slot: Int) throws {
        if batch.records.isEmpty { return }
        try begin()
        try waitForRoom(batch.records.count)
        refuse(writer.produce(batch, slot: slot, partitions: partitions.withLock { $0 }))
    }

    func begin() throws {
        guard !state.withLock({ $0.isBegun }) else { return }
        do throws(TransactionFailure) {
            try client.beginTransaction()
        } catch {
            throw tenure.error(error)
        }
        state.withLock { $0.isBegun = true }
    }

    /// Waits until so many records may be in flight, and counts them as such.
    func waitForRoom(_ count: Int) throws {
        while true {
            try Task.checkCancellation()
            let end = Duration.monotonic + .milliseconds(100)
            let hasRoom = state.wait { state -> Monitor<State>.Verdict<Bool> in
                let inFlight = state.transaction.inFlight
                // In a transaction that has failed no more reports may come; the commit will say so.
                if inFlight == 0 || inFlight + count <= recordLimit || state.transaction.hasFailed {
                    state.transaction.send(count)
                    return .ready(true)
                }
                return Duration.monotonic < end ? .wait(until: end) : .ready(false)
            }
            if hasRoom { return }
        }
    }

    func refuse(_ refusals: [RecordWriter.Refusal]) {
        if refusals.isEmpty { return }
        state.withLock { state in
            for refusal in refusals {
                state.transaction.comeBack(refusal.ticket, KafkaError(refusal.code), isAlone: true)
            }
        }
    }

    // MARK: - Ending a transaction

    /// Commits what is written together with the progress. Records that a broker refuses are found and left out, and the
    /// rest is written again without them.
    /// - Parameter progress: the progress behind what is written.
    /// - Returns: the batches, with what was refused of them.
    /// - Throws: ``PipelineError``, `CancellationError`; the transaction is to be given up then.
    func commit(_ progress: ProducerProgress) throws -> [OpenTransaction.Writing] {
        while try !attemptCommit(progress) {
            try findRefused()
            try writeAgain()
        }
        return state.withLock { state in
            state.isBegun = false
            state.progressRecord = nil
            return state.transaction.takeAll()
        }
    }

    /// - Returns: false if a broker refused records, so that the transaction can only be aborted.
    private func attemptCommit(_ progress: ProducerProgress) throws -> Bool {
        try begin()
        try writeProgress(progress)
        // Before the commit and not in it: a commit that waits for reports which never come cannot be left for an abort.
        guard try settle() else { return false }
        while true {
            try Task.checkCancellation()
            do throws(TransactionFailure) {
                try client.commitTransaction(timeout: ProducerTenure.slice)
                // What the client itself refused never was part of the transaction, and leaves it whole.
                state.withLock { $0.transaction.removeRefused() }
                return true
            } catch {
                if error.consequence == .callAgain {
                    pause(unlessItTookTime: error)
                    continue
                }
                throw tenure.error(error)
            }
        }
    }

    private func writeProgress(_ progress: ProducerProgress) throws {
        let record = try self.progress.record(of: progress)
        state.withLock { state in
            state.progressRecord = record
            state.transaction.send(1)
        }
        refuse(
            progressWriter.produce(
                record, slot: OpenTransaction.progressSlot, partitions: self.progress.partitionCount))
    }

    /// Aborts the open transaction; its batches stay, to be written again.
    func abort() throws {
        while true {
            try Task.checkCancellation()
            do throws(TransactionFailure) {
                try client.abortTransaction(timeout: ProducerTenure.slice)
                state.withLock { state in
                    state.isBegun = false
                    state.transaction.abort()
                }
                return
            } catch {
                guard error.consequence == .callAgain else { throw tenure.error(error) }
                pause(unlessItTookTime: error)
            }
        }
    }

    /// Gives up what is not committed; tries to have the broker abort it, so that readers need not wait for the
    /// transaction's time to run out.
    func giveUp() {
        // What the attempt leads to concerns nobody any more.
        let isBegun = state.withLock { state in
            state.isFailed = true
            return state.isBegun
        }
        if isBegun, client.fatalError == nil {
            let end = Duration.monotonic + .seconds(2)
            while Duration.monotonic < end {
                do throws(TransactionFailure) {
                    try client.abortTransaction(timeout: ProducerTenure.slice)
                    break
                } catch {
                    if error.consequence != .callAgain { break }
                    pause(unlessItTookTime: error)
                }
            }
        }
        state.withLock { $0.isBegun = false }
    }

    /// Ends the thread and the producer.
    func close() async {
        giveUp()
        client.interrupt()
        await thread.stop()
        // Only now is no thread of librdkafka left that could read a batch's bytes or make a report.
        state.withLock { $0 = State() }
    }

    /// A call that came back at once is not made again at once.
    private func pause(unlessItTookTime failure: TransactionFailure) {
        guard failure.error.code != RD_KAFKA_RESP_ERR__TIMED_OUT else { return }
        let end = Duration.monotonic + .milliseconds(50)
        state.wait { _ in Duration.monotonic < end ? .wait(until: end) : .ready(()) }
    }

    // MARK: - The thread

    private func serve(until service: ServiceThread) {
        var nextRefresh = context.stage.clock.now + Self.partitionRefresh
        while !service.isStopping {
            client.serve(.milliseconds(100)) { event in
                if event.type == RD_KAFKA_EVENT_DR { take(event) }
            }
            tellOfTheEnd()
            if context.stage.clock.now >= nextRefresh {
                nextRefresh = context.stage.clock.now + Self.partitionRefresh
                if case .partitions(let count) = try? client.topicState(topicName, timeout: .milliseconds(500)) {
                    partitions.withLock { $0 = count }
                }
            }
        }
        // One that was fenced is left behind: to destroy it corrupts memory in 2.0.2, one time in eight ("unaligned tcache
        // chunk" when librdkafka's main thread ends). Nothing follows a fence but the end of the run.
        if client.fatalError != nil { return }
        topic.destroy()
        progressTopic.destroy()
        client.destroy()
    }

    private func take(_ event: borrowing ClientEvent) {
        var delivered = 0
        state.withLock { state in
            event.forEachMessage { message in
                if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                    delivered += 1
                    return
                }
                let ticket = DeliveryLedger.Ticket(bits: UInt(bitPattern: message.pointee._private))
                state.transaction.comeBack(ticket, KafkaError(message.pointee.err), isAlone: false)
            }
            state.transaction.deliver(delivered)
        }
        state.signal()
        if delivered > 0 { client.log.noteAnswer() }
    }

    /// A producer that was taken over is told of at once, also while nothing is written.
    private func tellOfTheEnd() {
        guard let failure = client.fatalError else { return }
        let isNews = state.withLock { state in
            defer { state.isFailed = true }
            return !state.isFailed
        }
        if isNews { context.fail(tenure.error(failure)) }
    }
}
