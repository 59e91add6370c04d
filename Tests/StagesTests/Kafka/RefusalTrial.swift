import CRDKafka
import Pipeline
import PipelineTesting
import Testing

@testable import Stages

/// A sink that delivers exactly once to a cluster that refuses, used as the runtime uses it: after a failure that may pass it
/// is closed and opened again, and given what it has not acknowledged.
///
/// The mock cluster's transactions hold nothing: what was aborted stays visible, the progress in it too. So a sink that begins
/// anew after a commit was refused finds it done, as with a broker that committed and whose answer was lost; that records
/// of an aborted transaction are written again, only errors can show that come before anything is written. A group's offsets
/// it forgets at once, so behind a group everything is written again.
final class RefusalTrial {
    /// When the cluster begins to refuse.
    enum Moment {
        /// Before the sink is opened.
        case opening
        /// When the sink has the transactional.id, and has stored that.
        case writing
    }

    /// Errors to answer a kind of request with.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let request: RefusingCluster.Request
        let errors: [rd_kafka_resp_err_t]

        init(_ request: RefusingCluster.Request, _ errors: rd_kafka_resp_err_t...) {
            self.request = request
            self.errors = errors
        }

        var testDescription: String { "\(request) \(errors.map { KafkaError($0).name })" }
    }

    static let values = (0..<100).map { "\($0)" }

    let cluster: RefusingCluster
    /// What the sink and librdkafka logged.
    let lines = Watched<[String]>([])
    /// What the sink told beside its calls.
    let reports = Watched<[PipelineError]>([])
    /// How often the sink was opened.
    private(set) var openings = 0
    /// The failures after which it was opened again.
    private(set) var failures: [PipelineError] = []
    /// Requests of each refused kind that came before the cluster began to refuse.
    private var requestsBefore: [RefusingCluster.Request: Int] = [:]
    let acknowledgements = Watched<[[Rejection]]>([])

    let sink: TransactionalKafkaSink
    private let group: ScriptedGroup?

    /// - Parameters:
    ///   - properties: librdkafka's.
    ///   - isBehindGroup: whether a group keeps the progress.
    init(_ properties: [String: String] = [:], isBehindGroup: Bool = false) throws {
        cluster = try RefusingCluster(topics: ["t", "progress", TransactionTrial.stream.topic])
        group =
            isBehindGroup
            ? ScriptedGroup(name: "g", topic: TransactionTrial.stream.topic, brokers: cluster.address) : nil
        group?.assign([0: 0])
        let values = SettingValues([
            "brokers": .text(cluster.address), "topic": .text("t"), "progress_topic": .text("progress"),
            "transactional_id": .text("producer"),
            // So long that a batch is one request, also on a busy machine.
            "linger": .duration(.milliseconds(200)),
            "properties": .object(properties.mapValues { .text($0) }),
        ])
        var transactions = ExactlyOnceSettings(values)
        transactions.acceptsEmbedded = true
        sink = TransactionalKafkaSink(KafkaSinkSettings(values), transactions)
    }

    /// Delivers records while the cluster refuses.
    /// - Parameters:
    ///   - moment: when the cluster begins to refuse.
    ///   - refusals: what it refuses.
    ///   - records: the records' positions.
    ///   - sendsFirst: whether the records are sent before the sink is to commit; else they may arrive together with
    ///     the progress.
    ///   - onFailure: called after each failure that may pass.
    /// - Throws: the error that ended the sink.
    func deliver(
        _ moment: Moment = .opening, refusing refusals: [Refusal] = [], _ records: Range<Int64> = 0..<100,
        sendsFirst: Bool = false, onFailure: () -> Void = {}
    ) async throws {
        if moment == .opening { refuse(refusals) }
        let receipt = Receipt { [acknowledgements] rejections in acknowledgements.update { $0.append(rejections) } }
        while acknowledgements.value.isEmpty {
            do {
                try await open()
                if moment == .writing, openings == 1 { refuse(refusals) }
                if acknowledgements.value.isEmpty {
                    let sent = cluster.count(of: .produce)
                    var batch = TransactionTrial.batch(records)
                    batch.generation = group?.assignment?.generation ?? 0
                    try await sink.write(batch, receipt: receipt)
                    if sendsFirst { cluster.wait(for: .produce, sent + 1) }
                    try await sink.flush()
                }
            } catch let error as PipelineError where error.isRetriable {
                #expect(acknowledgements.value.isEmpty, "nothing is acknowledged that was not committed")
                failures.append(error)
                onFailure()
                await sink.close()
                try #require(openings < 8, "it never goes on: \(error)")
            } catch {
                await sink.close()
                throw error
            }
        }
        await sink.close()
    }

    /// Opens the sink and closes it again.
    /// - Returns: where it goes on.
    func position() async throws -> Int64? {
        do {
            let position = try await open()
            await sink.close()
            return position
        } catch {
            await sink.close()
            throw error
        }
    }

    @discardableResult
    func open() async throws -> Int64? {
        openings += 1
        let log = Log { [lines] entry in lines.update { $0.append(entry.message) } }
        let stage = StageContext(name: "kafka", pipeline: "test", log: log, clock: KafkaTestCluster.clock) { _ in }
        try await sink.open(
            SinkContext(
                stage: stage, takesDeadLetters: false, group: group, barrier: { _ in },
                failure: { [reports] error in reports.update { $0.append(error) } }))
        if group != nil {
            try await sink.start()
            return nil
        }
        _ = try await sink.storedStream()
        try await sink.begin(TransactionTrial.stream, at: [0: 0])
        try await sink.start()
        return try await sink.storedPositions()[0]
    }

    func refuse(_ refusals: [Refusal]) {
        for refusal in refusals {
            requestsBefore[refusal.request] = cluster.count(of: refusal.request)
            cluster.refuse(refusal.request, with: refusal.errors)
        }
    }

    /// Requests of a kind since the cluster began to refuse them.
    func requests(_ request: RefusingCluster.Request) -> Int {
        cluster.count(of: request) - (requestsBefore[request] ?? 0)
    }

    /// What lies in the topic, that of aborted transactions included.
    func written() async throws -> [String] {
        let source = try KafkaTestCluster.source(
            "t", ["brokers": .text(cluster.address), "until": .text("end")])
        return try await read(source).records.map { String(decoding: $0.value ?? [], as: UTF8.self) }
    }
}
