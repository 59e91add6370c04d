import CRDKafka
import Pipeline
import PipelineTesting
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

    @Test("a coordinator that is lost in a transaction and not found at once is waited for")
    func lostCoordinator() async throws {
        let trial = try RefusalTrial()
        try await trial.deliver(
            .writing,
            refusing: [
                Refusal(.endTxn, RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
                Refusal(
                    .findCoordinator, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                    RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR__TRANSPORT),
            ])
        #expect(trial.requests(.findCoordinator) > 3)
        #expect(trial.openings == 1)
        #expect(trial.acknowledgements.value == [[]])
        #expect(try await trial.written() == RefusalTrial.values)
    }

    @Test(
        "what costs the transaction or the producer makes a new one: everything is written and acknowledged once",
        arguments: [
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID),
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING),
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE),
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_OPERATION_NOT_ATTEMPTED),
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION),
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_UNKNOWN),
            // Twice, so that it is not the progress alone that is written.
            Refusal(.produce, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID),
            Refusal(
                .produce, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER),
            Refusal(
                .produce, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
                RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING),
            Refusal(.produce, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE),
            Refusal(
                .produce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
            Refusal(.produce, RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_INVALID_MSG),
            Refusal(.produce, RD_KAFKA_RESP_ERR_UNKNOWN, RD_KAFKA_RESP_ERR_UNKNOWN),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_UNKNOWN),
        ])
    func begunAnew(_ refusal: Refusal) async throws {
        let trial = try RefusalTrial()
        try await trial.deliver(.writing, refusing: [refusal])
        #expect(trial.requests(refusal.request) > refusal.errors.count)
        #expect(trial.openings > 1)
        for failure in trial.failures {
            #expect(failure.code == .unavailable)
            #expect(failure.reason.contains(KafkaError(refusal.errors[0]).name))
        }
        #expect(trial.acknowledgements.value == [[]])
        #expect(try await trial.written() == RefusalTrial.values)
        #expect(try await trial.position() == 100)
    }

    @Test(
        "so does what costs the transaction in which a producer stores that it has the transactional.id",
        arguments: [
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING),
            Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
            Refusal(.produce, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER),
            Refusal(.produce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_UNKNOWN),
        ])
    func begunAnewAtTheBeginning(_ refusal: Refusal) async throws {
        let trial = try RefusalTrial()
        try await trial.deliver(.opening, refusing: [refusal])
        #expect(trial.openings == 2)
        #expect(trial.failures.map(\.code) == [.unavailable])
        #expect(trial.acknowledgements.value == [[]])
        #expect(try await trial.written() == RefusalTrial.values)
    }

    @Test("an epoch that the coordinator never makes is waited for no longer than an abort, then comes a new producer")
    func noEpoch() async throws {
        let trial = try RefusalTrial()
        let never = Refusal(.initProducerId, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING)
        try await trial.deliver(
            .writing,
            refusing: [Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING)]
                + Array(repeating: never, count: 1_000)
        ) {
            trial.cluster.allow(.initProducerId)
        }
        #expect(trial.requests(.initProducerId) > 2)
        #expect(trial.openings == 2)
        #expect(trial.acknowledgements.value == [[]])
        #expect(try await trial.written() == RefusalTrial.values)
    }

    @Test("missing rights to a topic are named, and waited for like an outage")
    func missingTopicRights() async throws {
        let trial = try RefusalTrial()
        try await trial.deliver(
            .writing, refusing: [Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)])
        #expect(trial.failures.map(\.isRetriable) == [true])
        #expect(trial.failures.first?.remedy?.contains("rights") == true)
    }

    @Test(
        "a fence ends the sink for good: it says so, acknowledges nothing, and never asks for the transactional.id again",
        arguments: [
            (RefusalTrial.Moment.opening, Refusal(.initProducerId, RD_KAFKA_RESP_ERR_PRODUCER_FENCED)),
            (.opening, Refusal(.initProducerId, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)),
            (.opening, Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED)),
            (.opening, Refusal(.endTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)),
            (.writing, Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED)),
            (.writing, Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)),
            (.writing, Refusal(.produce, RD_KAFKA_RESP_ERR_PRODUCER_FENCED)),
            (.writing, Refusal(.produce, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)),
            (.writing, Refusal(.endTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED)),
            (.writing, Refusal(.endTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)),
        ])
    func fenced(_ moment: RefusalTrial.Moment, _ refusal: Refusal) async throws {
        let trial = try RefusalTrial()
        let error = await #expect(throws: PipelineError.self) { try await trial.deliver(moment, refusing: [refusal]) }
        #expect(error?.code == .fenced)
        #expect(error?.isRetriable == false)
        #expect(trial.openings == 1)
        #expect(trial.cluster.count(of: .initProducerId) == 1)
        #expect(trial.acknowledgements.value == [])
        #expect(trial.reports.value.allSatisfy { $0.code == .fenced })
    }

    @Test(
        "missing rights to the cluster or the transactional.id are a mistake of the configuration",
        arguments: [
            (
                RefusalTrial.Moment.opening,
                Refusal(.findCoordinator, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
            ),
            (.opening, Refusal(.findCoordinator, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)),
            (.opening, Refusal(.initProducerId, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)),
            (.opening, Refusal(.initProducerId, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)),
            (.opening, Refusal(.initProducerId, RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT)),
            (.writing, Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)),
            (.writing, Refusal(.addPartitionsToTxn, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)),
            (.writing, Refusal(.produce, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)),
            (.writing, Refusal(.produce, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)),
            (.writing, Refusal(.endTxn, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)),
            (.writing, Refusal(.endTxn, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)),
        ])
    func missingRights(_ moment: RefusalTrial.Moment, _ refusal: Refusal) async throws {
        let trial = try RefusalTrial()
        let error = await #expect(throws: PipelineError.self) { try await trial.deliver(moment, refusing: [refusal]) }
        #expect(error?.code == .configuration)
        #expect(error?.reason.contains(KafkaError(refusal.errors[0]).name) == true)
        #expect(error?.remedy?.contains("rights to the transactional.id") == true)
        #expect(trial.openings == 1)
        #expect(trial.acknowledgements.value == [])
        #expect(trial.reports.value.allSatisfy { $0.code == .configuration })
    }

    // MARK: - Aborting

    @Test(
        "an abort is waited out as a commit is: the refused record is rejected, alone and once",
        arguments: [
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR__TRANSPORT),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID),
            Refusal(.endTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING),
        ])
    func abort(_ refusal: Refusal) async throws {
        let trial = try RefusalTrial()
        try await trial.deliver(
            .writing, refusing: [Refusal(.produce, RD_KAFKA_RESP_ERR_INVALID_RECORD), refusal], 0..<1, sendsFirst: true)
        #expect(trial.requests(.endTxn) > 1)
        #expect(trial.openings == 1)
        #expect(trial.acknowledgements.value.map { $0.map(\.index) } == [[0]])
        #expect(trial.acknowledgements.value.first?.first?.reason.contains("INVALID_RECORD") == true)
        #expect(try await trial.written() == [])
        #expect(try await trial.position() == 1)
    }

    @Test("an abort that is refused makes a new producer, and one that is fenced ends the sink")
    func refusedAbort() async throws {
        let trial = try RefusalTrial()
        let refusal = Refusal(.produce, RD_KAFKA_RESP_ERR_INVALID_RECORD)
        try await trial.deliver(
            .writing, refusing: [refusal, Refusal(.endTxn, RD_KAFKA_RESP_ERR_UNKNOWN)], 0..<1, sendsFirst: true)
        #expect(trial.openings == 2)
        #expect(trial.failures.first?.reason.contains("EndTxn abort failed") == true)
        #expect(trial.acknowledgements.value.count == 1)

        let fenced = try RefusalTrial()
        let error = await #expect(throws: PipelineError.self) {
            try await fenced.deliver(
                .writing, refusing: [refusal, Refusal(.endTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED)], 0..<1,
                sendsFirst: true)
        }
        #expect(error?.code == .fenced)
        #expect(fenced.acknowledgements.value == [])
        #expect(fenced.cluster.count(of: .initProducerId) == 1)
    }

    // MARK: - Reading the progress

    @Test(
        "the stored progress is read to its end whatever the reading is answered with",
        arguments: [
            Refusal(.listOffsets, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
            Refusal(.listOffsets, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART),
            Refusal(.listOffsets, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE),
            Refusal(.listOffsets, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT),
            Refusal(.listOffsets, RD_KAFKA_RESP_ERR_UNKNOWN),
            Refusal(.listOffsets, RD_KAFKA_RESP_ERR__TRANSPORT),
            Refusal(.fetch, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
            Refusal(.fetch, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART),
            Refusal(.fetch, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE),
            Refusal(.fetch, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE),
            Refusal(.fetch, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR),
            Refusal(.fetch, RD_KAFKA_RESP_ERR_UNKNOWN),
            Refusal(.fetch, RD_KAFKA_RESP_ERR__TRANSPORT),
        ])
    func progress(_ refusal: Refusal) async throws {
        let trial = try RefusalTrial()
        try await trial.deliver()
        trial.refuse([refusal, refusal, refusal])
        #expect(try await trial.position() == 100)
        #expect(trial.requests(refusal.request) > 3)
    }

    @Test(
        "a progress that may not be read is said to be so, instead of being waited for in silence",
        arguments: [
            Refusal(.listOffsets, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
            Refusal(.fetch, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
        ])
    func unreadableProgress(_ refusal: Refusal) async throws {
        let trial = try RefusalTrial()
        try await trial.deliver()
        trial.refuse([refusal])
        let error = await #expect(throws: PipelineError.self) { try await trial.position() }
        #expect(error?.code == .unavailable)
        #expect(error?.what.contains("progress") == true)
        #expect(error?.remedy?.contains("rights to read it") == true)
        #expect(try await trial.position() == 100)
    }

    // MARK: - Silence

    @Test("a broker that stands still while a transaction is committed is waited for, and asked again")
    func silence() async throws {
        let trial = try RefusalTrial(["socket.timeout.ms": "500"])
        let sink = trial.sink
        try await trial.open()
        let answer = Watched<[Rejection]?>(nil)
        let sent = trial.cluster.count(of: .produce)
        try await sink.write(TransactionTrial.batch(0..<100), receipt: Receipt { answer.set($0) })
        trial.cluster.wait(for: .produce, sent + 1)
        // The mock cluster, unlike a broker, would store records twice that are sent twice.
        while try await trial.written().count < 100 {}
        trial.cluster.delayAnswers(by: 5_000)
        async let flushed: Void = sink.flush()
        try await trial.lines.wait { $0.contains { $0.contains("Timed out ") } }
        #expect(answer.value == nil)
        trial.cluster.delayAnswers(by: 0)
        try await flushed
        #expect(answer.value == [])
        await sink.close()
        #expect(try await trial.written() == RefusalTrial.values)
        #expect(try await trial.position() == 100)
    }
}
