internal import CRDKafka
internal import Pipeline

/// Tells a ``LagGroup`` the positions, once a second and at the end, as best it can: an outage delays nothing, and what the
/// broker forbids is said once.
///
/// With a client of its own, since on the consumer's connection the broker would answer behind the fetch that waits for
/// records; it commits and never joins the group. A client with a commit under way is left behind at the end: to destroy it
/// can hang in 2.0.2 while the broker is away. The request for administrators (KIP-396) is no way out: librdkafka aborts the
/// process where a connection is lost under it (librdkafka's pull request 5397). Not `Sendable`: it belongs to the
/// attendant's thread.
final class LagCommitter {
    private static let interval = Duration.seconds(1)
    private static let patience = Duration.seconds(1)

    private let group: LagGroup
    private let context: StageContext
    private var client: KafkaClient?
    private var answers: OpaquePointer?
    private var told: [Int32: Int64] = [:]
    /// What the request under way says.
    private var sent: [Int32: Int64]?
    private var nextAt: Duration
    private var isForbidden = false
    private var hasWarned = false

    init(_ group: LagGroup, _ context: StageContext) {
        self.group = group
        self.context = context
        nextAt = context.clock.now + Self.interval
    }

    /// Takes what was answered, and sends what is new when it is time. Waits for nothing.
    func tick() {
        takeAnswer(within: .zero)
        let now = context.clock.now
        guard sent == nil, now >= nextAt else { return }
        nextAt = now + Self.interval
        send()
    }

    /// Tells the last positions, within a second, and ends the client, unless the broker still owes it an answer.
    func finish() {
        let deadline = context.clock.now + Self.patience
        while sent != nil, context.clock.now < deadline { takeAnswer(within: deadline - context.clock.now) }
        if sent == nil { send() }
        while sent != nil, context.clock.now < deadline { takeAnswer(within: deadline - context.clock.now) }
        if sent == nil {
            if let answers { rd_kafka_queue_destroy(answers) }
            client?.destroy()
        }
        (answers, client) = (nil, nil)
    }

    private func send() {
        let news = group.news(since: told)
        guard !isForbidden, !news.isEmpty, let (client, answers) = connected() else { return }
        let list = PartitionList(group.topic, news)
        guard rd_kafka_commit_queue(client.handle, list.pointer, answers, nil, nil) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            return
        }
        sent = news
    }

    /// Made when there is something to say: a run without an archive's commit needs none.
    private func connected() -> (KafkaClient, OpaquePointer)? {
        if let client, let answers { return (client, answers) }
        guard
            let made = try? KafkaClient(
                RD_KAFKA_CONSUMER, properties: group.properties + [["group.id": group.name]],
                events: RD_KAFKA_EVENT_OFFSET_COMMIT, log: group.log)
        else { return nil }
        guard let queue = rd_kafka_queue_new(made.handle) else {
            made.destroy()
            return nil
        }
        (client, answers) = (made, queue)
        return (made, queue)
    }

    private func takeAnswer(within time: Duration) {
        guard let client, let answers else { return }
        // The source's own client tells of an outage.
        while client.serve(.zero, isQuiet: true) {}
        guard sent != nil, let pointer = rd_kafka_queue_poll(answers, time.kafkaMilliseconds) else { return }
        let failure = Self.failure(of: ClientEvent(pointer: pointer))
        if failure == nil { told.merge(sent ?? [:]) { _, new in new } }
        sent = nil
        if let failure { note(failure) }
    }

    private static func failure(of event: borrowing ClientEvent) -> KafkaError? {
        if event.error.code != RD_KAFKA_RESP_ERR_NO_ERROR { return event.error }
        guard let partitions = rd_kafka_event_topic_partition_list(event.pointer) else { return nil }
        return PartitionList.elements(partitions).first { $0.err != RD_KAFKA_RESP_ERR_NO_ERROR }.map {
            KafkaError($0.err)
        }
    }

    private func note(_ failure: KafkaError) {
        isForbidden = [
            RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
        ].contains(failure.code)
        // Away, or not yet in order: the next second may bring it.
        let mayPass = [
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__DESTROY,
            RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        ].contains(failure.code)
        guard !mayPass, !hasWarned else { return }
        hasWarned = true
        context.log.warning(
            "cannot tell the group how far the archive is; its lag is not shown", Log.Detail("group", group.name),
            Log.Detail("reason", failure.reason))
    }
}
