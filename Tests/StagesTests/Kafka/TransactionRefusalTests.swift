import CRDKafka
import Pipeline
import Testing

@testable import Stages

/// What the sink that delivers exactly once makes of errors that a cluster answers with, one kind of request at a time. Which
/// errors librdkafka waits out, aborts for and ends for: rdkafka_txnmgr.c and rdkafka_idempotence.c of 2.0.2.
@Suite("A transaction that the cluster refuses", .timeLimit(.minutes(2)))
struct TransactionRefusalTests {
    typealias Refusal = RefusalTrial.Refusal

    @Test(
        "what passes is waited out: everything is written, committed and acknowledged once, and nothing is begun anew",
        arguments: [
            Refusal(.findCoordinator, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
            Refusal(.findCoordinator, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
            Refusal(.findCoordinator, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT),
            Refusal(.findCoordinator, RD_KAFKA_RESP_ERR_UNKNOWN),
            Refusal(.findCoordinator, RD_KAFKA_RESP_ERR__TRANSPORT),
            Refusal(.initProducerId, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
            Refusal(.initProducerId, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
            Refusal(.initProducerId, RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
            Refusal(.initProducerId, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS),
            Refusal(.initProducerId, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT),
            Refusal(.initProducerId, RD_KAFKA_RESP_ERR_UNKNOWN),
            Refusal(.initProducerId, RD_KAFKA_RESP_ERR__TRANSPORT),
        ])
    func waitedOutAtTheBeginning(_ refusal: Refusal) async throws {
        try await waitOut(.opening, refusal)
    }

    @Test(
        "and in a transaction",
        arguments: [
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS),
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART),
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR__TRANSPORT),
            Refusal(.produce, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
            Refusal(.produce, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS),
            Refusal(.produce, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT),
            Refusal(.produce, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR),
            Refusal(.produce, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART),
            Refusal(.produce, RD_KAFKA_RESP_ERR__TRANSPORT),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR__TRANSPORT),
        ])
    func waitedOut(_ refusal: Refusal) async throws {
        try await waitOut(.writing, refusal)
    }

    private func waitOut(_ moment: RefusalTrial.Moment, _ refusal: Refusal) async throws {
        let trial = try RefusalTrial()
        let error = refusal.errors[0]
        try await trial.deliver(moment, refusing: [refusal, refusal, refusal])
        #expect(trial.requests(refusal.request) > 3, "\(KafkaError(error).name) was answered three times")
        #expect(trial.openings == 1)
        #expect(trial.acknowledgements.value == [[]])
        #expect(trial.reports.value == [])
        #expect(try await trial.written() == RefusalTrial.values)
        #expect(try await trial.position() == 100)
    }
}
