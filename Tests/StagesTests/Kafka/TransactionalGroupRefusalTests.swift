import CRDKafka
import Pipeline
import Testing

@testable import Stages

/// What a producer that commits for a group makes of errors to the requests that only it makes. Whom a group knows, a real
/// broker says in `TransactionalGroupTests`.
@Suite("A transaction for a group that the cluster refuses", .timeLimit(.minutes(2)))
struct TransactionalGroupRefusalTests {
    typealias Refusal = RefusalTrial.Refusal

    @Test(
        "what passes is waited out: everything is written, committed and acknowledged once, and nothing is begun anew",
        arguments: [
            Refusal(.addOffsetsToTxn, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
            Refusal(.addOffsetsToTxn, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
            Refusal(.addOffsetsToTxn, RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
            Refusal(.addOffsetsToTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS),
            Refusal(.addOffsetsToTxn, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT),
            Refusal(.addOffsetsToTxn, RD_KAFKA_RESP_ERR__TRANSPORT),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR__TRANSPORT),
        ])
    func waitedOut(_ refusal: Refusal) async throws {
        let trial = try RefusalTrial(isBehindGroup: true)
        try await trial.deliver(.writing, refusing: [refusal, refusal, refusal])
        #expect(trial.requests(refusal.request) > 3)
        #expect(trial.openings == 1)
        #expect(trial.acknowledgements.value == [[]])
        #expect(trial.sink.measurements.contains(.total("delivered", 100)))
        #expect(try await trial.written() == RefusalTrial.values)
    }

    @Test(
        "what costs the transaction or the producer makes a new one, which writes everything again",
        arguments: [
            Refusal(.addOffsetsToTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING),
            Refusal(.addOffsetsToTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE),
            Refusal(.addOffsetsToTxn, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED),
            Refusal(.addOffsetsToTxn, RD_KAFKA_RESP_ERR_UNKNOWN),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_UNKNOWN),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_UNKNOWN),
        ])
    func begunAnew(_ refusal: Refusal) async throws {
        let trial = try RefusalTrial(isBehindGroup: true)
        try await trial.deliver(.writing, refusing: [refusal])
        #expect(trial.openings == 2)
        #expect(trial.failures.map(\.code) == [.unavailable])
        #expect(trial.failures.first?.reason.contains(KafkaError(refusal.errors[0]).name) == true)
        #expect(trial.acknowledgements.value == [[]])
        #expect(trial.sink.measurements.contains(.total("delivered", 100)))
        #expect(try await trial.written() == RefusalTrial.values + RefusalTrial.values)
    }

    @Test(
        "a fence ends the sink for good",
        arguments: [
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED),
            Refusal(.addOffsetsToTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED),
            Refusal(.addOffsetsToTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_PRODUCER_FENCED),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED),
        ])
    func fenced(_ refusal: Refusal) async throws {
        let trial = try RefusalTrial(isBehindGroup: true)
        let error = await #expect(throws: PipelineError.self) { try await trial.deliver(.writing, refusing: [refusal]) }
        #expect(error?.code == .fenced)
        #expect(error?.isRetriable == false)
        #expect(trial.openings == 1)
        #expect(trial.cluster.count(of: .initProducerId) == 1)
        #expect(trial.acknowledgements.value == [])
    }

    @Test(
        "a group that has gone on without the member gets its records back, which another one delivers",
        arguments: [
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID),
            Refusal(.txnOffsetCommit, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID),
        ])
    func membership(_ refusal: Refusal) async throws {
        let trial = try RefusalTrial(isBehindGroup: true)
        let ended = trial.cluster.count(of: .endTxn)
        try await trial.deliver(.writing, refusing: [refusal])
        #expect(trial.openings == 1)
        #expect(trial.sink.measurements.contains(.total("delivered", 0)))
        #expect(trial.sink.measurements.contains(.total("given_back", 100)))
        #expect(trial.cluster.count(of: .endTxn) == ended + 1, "readers need not wait for the transaction to time out")
    }
}
