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
        /// Whether the client was not destroyed when the thread ended.
        var isLeftBehind = false
    }

    /// How long brokers may take to note a group's offsets. A cancellation waits as long.
    private static let offsetsTimeout = Duration.seconds(5)

    let tenure: ProducerTenure
    let client: KafkaClient
    let topic: TopicHandle
    let topicName: String
    let progress: ProgressWriter?
    let writer: RecordWriter
    private let recordLimit: Int
    let context: SinkContext
    // The topic's partitions as last heard, written by this session's thread: a topic may grow.
    let partitions: Lock<Int32>
    let state = Monitor(State())
    private let thread = ServiceThread("kafka delivery")

    /// Makes the session and starts its thread.
    /// - Parameters:
    ///   - client: a producer with a transactional.id; the session's to end.
    ///   - settings: the sink's settings.
    ///   - count: the topic's partitions.
    ///   - progress: the topic that keeps the progress; nil where a group does.
    ///   - tenure: takes the transactional.id and says what its loss means.
    ///   - context: the sink's surroundings.
    init(
        client: KafkaClient, _ settings: KafkaSinkSettings, partitions count: Int32, progress: ProgressTopic?,
        tenure: ProducerTenure, context: SinkContext
    ) throws(KafkaError) {
        self.client = client
        self.tenure = tenure
        self.context = context
        topicName = settings.connection.topic
        recordLimit = settings.recordLimit
        partitions = Lock(count)
        topic = try TopicHandle(client, topicName)
        do {
            self.progress = try progress.map { topic throws(KafkaError) in try ProgressWriter(client, topic) }
        } catch {
            topic.destroy()
            throw error
        }
        writer = RecordWriter(
            client: client, topic: topic, partitioner: settings.partitioner, timestamps: settings.timestamps)
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
    /// - Parameter entry: the progress behind what is written.
    /// - Returns: the batches, with what was refused of them.
    /// - Throws: ``MembershipLoss`` if the group has gone on without this one: what is written is to be given back.
    ///   ``PipelineError``, `CancellationError`: it is to be given up.
    func commit(_ entry: ProgressEntry) throws -> [OpenTransaction.Writing] {
        while try !attemptCommit(entry) {
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
    private func attemptCommit(_ entry: ProgressEntry) throws -> Bool {
        try begin()
        if case .record(let progress) = entry { try write(progress) }
        // Before the commit and not in it: a commit that waits for reports which never come cannot be left for an abort.
        guard try settle() else { return false }
        if case .offsets(let offsets) = entry { try send(offsets) }
        try untilItIsThrough { () throws(TransactionFailure) in
            try client.commitTransaction(timeout: ProducerTenure.slice)
        }
        // What the client itself refused never was part of the transaction, and leaves it whole.
        state.withLock { $0.transaction.removeRefused() }
        return true
    }

    private func write(_ progress: ProducerProgress) throws {
        guard let writer = self.progress else { return }
        let record = try writer.topic.record(of: progress)
        state.withLock { state in
            state.progressRecord = record
            state.transaction.send(1)
        }
        refuse(writer.write(record))
    }

    private func send(_ offsets: ProgressEntry.Offsets) throws {
        try untilItIsThrough { () throws(TransactionFailure) in
            try client.sendOffsets(
                offsets.next, of: offsets.topic, as: offsets.membership, timeout: Self.offsetsTimeout)
        }
    }

    /// Aborts the open transaction; its batches stay, to be written again.
    func abort() throws {
        try untilItIsThrough { () throws(TransactionFailure) in
            try client.abortTransaction(timeout: ProducerTenure.slice)
        }
        state.withLock { state in
            state.isBegun = false
            state.transaction.abort()
        }
    }

    /// Aborts the open transaction and lets its batches go: another producer delivers them.
    /// - Returns: the batches.
    func giveBack() throws -> [OpenTransaction.Writing] {
        if state.withLock({ $0.isBegun }) { try abort() }
        return state.withLock { $0.transaction.takeAll() }
    }

    /// Makes a call of librdkafka until it is through. Between two it looks for a cancellation.
    private func untilItIsThrough(_ call: () throws(TransactionFailure) -> Void) throws {
        while true {
            try Task.checkCancellation()
            do throws(TransactionFailure) {
                return try call()
            } catch {
                if error.consequence == .callAgain {
                    pause(unlessItTookTime: error)
                } else {
                    throw error.error.isOfMembership ? MembershipLoss() : tenure.error(error)
                }
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
        if state.withLock({ $0.isLeftBehind }) {
            // Threads of librdkafka's may read the batches' bytes for as long as the process lives.
            _ = Unmanaged.passRetained(self)
        } else {
            // Only now is no thread of librdkafka left that could read a batch's bytes or make a report.
            state.withLock { $0 = State() }
        }
    }

    /// A call that came back at once is not made again at once.
    private func pause(unlessItTookTime failure: TransactionFailure) {
        guard failure.error.code != RD_KAFKA_RESP_ERR__TIMED_OUT else { return }
        let end = Duration.monotonic + .milliseconds(50)
        state.wait { _ in Duration.monotonic < end ? .wait(until: end) : .ready(()) }
    }
}
