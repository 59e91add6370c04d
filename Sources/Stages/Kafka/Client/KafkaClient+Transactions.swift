internal import CRDKafka
internal import Pipeline

/// Why a transactional call did not do what it should, and what librdkafka asks for then.
struct TransactionFailure: Error, Sendable, Hashable {
    /// What must come next.
    enum Consequence: Sendable, Hashable {
        /// The same call again: it goes on where it was.
        case callAgain
        /// The transaction must be aborted; another may follow.
        case abort
        /// The producer is of no more use.
        case end
    }

    let consequence: Consequence
    let error: KafkaError
    /// librdkafka's words, which say more than the error's.
    let reason: String

    init(_ consequence: Consequence, _ error: KafkaError, reason: String? = nil) {
        self.consequence = consequence
        self.error = error
        self.reason = reason.map { "\($0) (\(error.name))" } ?? error.reason
    }

    /// Whether the brokers know the producer no longer.
    var isFence: Bool { error.isFence }
}

extension KafkaError {
    /// Whether the brokers let the client write in no transaction: its rights or its settings must change first.
    var forbidsTransactions: Bool {
        switch code {
        case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
            true
        default: false
        }
    }

    /// Whether the client lacks the rights to a topic. They may be given while a stage waits.
    var forbidsTopic: Bool { code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED }

    /// Whether the brokers have given the transactional.id to another producer, or have ended this one's transaction by
    /// themselves: from outside the two look the same.
    var isFence: Bool {
        switch code {
        case RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
            true
        default: false
        }
    }
}

// The calls are made with short time limits and again until they are through, so that a cancelled task is not held up: since
// 1.9 librdkafka goes on with what an earlier call began. Another thread must serve the client's queue meanwhile.
extension KafkaClient {
    /// Takes the transactional.id over: whoever had it is fenced, and what it left open is aborted. Blocks for at most
    /// `timeout`.
    func initTransactions(timeout: Duration) throws(TransactionFailure) {
        try check(rd_kafka_init_transactions(handle, timeout.kafkaMilliseconds))
    }

    /// Begins a transaction. Does not block.
    func beginTransaction() throws(TransactionFailure) {
        try check(rd_kafka_begin_transaction(handle))
    }

    /// Commits a group's offsets with the open transaction. Blocks for at most `timeout`: this call begins anew when it is
    /// made again, so it must get the time that an answer takes.
    /// - Parameters:
    ///   - offsets: the next position of each partition.
    ///   - topic: the topic that the group reads.
    ///   - membership: as whom; brokers refuse who is no member any more.
    func sendOffsets(
        _ offsets: [Int32: Int64], of topic: String, as membership: [UInt8], timeout: Duration
    ) throws(TransactionFailure) {
        let metadata: GroupMetadata
        do throws(KafkaError) {
            metadata = try GroupMetadata(membership)
        } catch {
            throw TransactionFailure(.end, error)
        }
        let list = PartitionList(topic, offsets)
        try check(
            rd_kafka_send_offsets_to_transaction(handle, list.pointer, metadata.pointer, timeout.kafkaMilliseconds))
    }

    /// Waits for the reports of all records and commits. Blocks for at most `timeout`.
    func commitTransaction(timeout: Duration) throws(TransactionFailure) {
        try check(rd_kafka_commit_transaction(handle, timeout.kafkaMilliseconds))
    }

    /// Gives up what is queued, waits for the reports of what is under way, and aborts. Blocks for at most `timeout`.
    func abortTransaction(timeout: Duration) throws(TransactionFailure) {
        try check(rd_kafka_abort_transaction(handle, timeout.kafkaMilliseconds))
    }

    /// The error after which the producer is of no more use, if there is one.
    var fatalError: TransactionFailure? {
        guard let (error, words) = fatal else { return nil }
        return TransactionFailure(.end, error, reason: words)
    }

    private func check(_ answer: OpaquePointer?) throws(TransactionFailure) {
        guard let answer else { return }
        defer { rd_kafka_error_destroy(answer) }
        let error = KafkaError(rd_kafka_error_code(answer))
        let reason = rd_kafka_error_string(answer).map { String(cString: $0) }
        // A producer that is at its end answers with what the call may not do any more; why, only this tells.
        if let fatalError { throw fatalError }
        if rd_kafka_error_is_fatal(answer) != 0 { throw TransactionFailure(.end, error, reason: reason) }
        if rd_kafka_error_txn_requires_abort(answer) != 0 { throw TransactionFailure(.abort, error, reason: reason) }
        let isRetriable = rd_kafka_error_is_retriable(answer) != 0
        throw TransactionFailure(isRetriable ? .callAgain : .end, error, reason: reason)
    }
}
