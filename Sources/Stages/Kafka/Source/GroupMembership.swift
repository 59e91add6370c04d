internal import CRDKafka
internal import Dispatch
internal import Pipeline
internal import Synchronization

/// The group side of a source: takes over and gives back partitions as the group says, and commits what is acknowledged
/// unless a sink does. Its blocking work runs on the attendant's thread; the source only asks and tells.
final class GroupMembership: Sendable {
    /// Partitions that the source reads from now on.
    struct Assignment: Sendable {
        var generation: Int
        var queues: [PartitionQueue]
        var starts: [Int32: StartPositions.Start]
    }

    private struct State {
        var positions: GroupPositions
        /// Not yet taken by the source.
        var news: Assignment?
        var nextCommit = Duration.zero
    }

    private static let commitInterval = Duration.seconds(1)
    private static let settleTimeout = Duration.seconds(5)

    private let client: KafkaClient
    private let topic: String
    private let reset: StartPositions.Reset
    /// Partitions from here on appeared while the source ran: they are read from their beginning.
    let knownPartitions: Int32
    private let context: StageContext
    private let pipe: WakePipe
    private let shared: KafkaGroup
    /// Whether what is acknowledged is committed here; where a sink owns positions, it commits.
    private let commits: Bool
    private let state: Mutex<State>
    private let acknowledged = DispatchSemaphore(value: 0)

    init(
        client: KafkaClient, topic: String, reset: StartPositions.Reset, knownPartitions: Int32, pipe: WakePipe,
        shared: KafkaGroup, commits: Bool, generation: Int, context: StageContext
    ) {
        state = Mutex(State(positions: GroupPositions(after: generation)))
        self.client = client
        self.topic = topic
        self.reset = reset
        self.knownPartitions = knownPartitions
        self.pipe = pipe
        self.shared = shared
        self.commits = commits
        self.context = context
    }

    // MARK: - What the source asks and tells

    /// The newest assignment if the source has not taken it; its queues are then the source's to destroy.
    func takeNews() -> Assignment? {
        state.withLock { state in
            defer { state.news = nil }
            return state.news
        }
    }

    /// Why the member has ended for good, in librdkafka's words; nil as long as it has not.
    var ending: String? { client.fatalReason }

    /// The number of the last assignment.
    var generation: Int { state.withLock { $0.positions.generation } }

    /// Whether a batch may go out; false if its partitions were given back meanwhile.
    func deliver(_ claims: [Claim], generation: Int) -> Bool {
        state.withLock { $0.positions.deliver(claims.map { ($0.partition, $0.to) }, generation: generation) }
    }

    /// Hears that records are acknowledged.
    func acknowledge(_ watermark: [Int32: Int64]) {
        state.withLock { $0.positions.acknowledge(watermark) }
        acknowledged.signal()
    }

    // MARK: - On the attendant's thread

    /// Commits now and then.
    func tick() {
        let now = context.clock.now
        let isDue = state.withLock { state in
            guard now >= state.nextCommit else { return false }
            state.nextCommit = now + Self.commitInterval
            return true
        }
        if isDue { commit(timeout: .seconds(1)) }
    }

    /// Takes over partitions.
    /// - Parameter isStopping: ends the attempts while the cluster is away.
    func assign(_ partitions: [Int32], isStopping: () -> Bool) {
        var attempt: Result<Void, KafkaError>
        var attempts = 0
        repeat {
            attempt = Result { () throws(KafkaError) in try takeOver(partitions) }
            guard case .failure(let error) = attempt else { return }
            client.log.write(
                .init(severity: 4, facility: "ASSIGN", text: "cannot take over partitions yet: \(error.reason)"))
            attempts += 1
            if error.isOfMembership || error.code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS && attempts > 20 {
                awaitRevocation(of: partitions)
                return
            }
            _ = acknowledged.wait(timeout: .now() + .milliseconds(100))
        } while !isStopping() && !client.hasLostAssignment
        giveUp()
    }

    /// Gives partitions back: what was delivered gets time to be acknowledged, and is committed.
    func revoke(isStopping: () -> Bool) {
        let deadline = context.clock.now + Self.settleTimeout
        state.withLock { $0.positions.stopDelivering() }
        if !client.hasLostAssignment {
            while context.clock.now < deadline, !isStopping(), !state.withLock({ $0.positions.isSettled }) {
                _ = acknowledged.wait(timeout: .now() + .milliseconds(50))
            }
            commit(timeout: .seconds(5))
        }
        giveUp()
        context.log.info("gave partitions back to the group", Log.Detail("topic", topic))
    }

    /// Commits what is acknowledged and leaves the group.
    func leave() {
        commit(timeout: .seconds(10))
        client.leaveGroup()
        state.withLock { state in
            state.positions.unassign()
            state.news?.queues.forEach { $0.destroy() }
            state.news = nil
        }
    }

    private func takeOver(_ partitions: [Int32]) throws(KafkaError) {
        let bounds = try client.bounds(topic, partitions, timeout: .seconds(2))
        var stored = try client.committed(topic, partitions, timeout: .seconds(5))
        for partition in partitions where partition >= knownPartitions && stored[partition] == nil {
            stored[partition] = bounds[partition]?.low
        }
        let begin = StartPositions(bounds: bounds, stores: [stored], reset: reset, forgives: true)
        for (partition, position) in begin.beyond {
            context.log.warning(
                "the group's committed offset is beyond the partition's end; beginning anew",
                Log.Detail("partition", "\(partition)"), Log.Detail("offset", "\(position)"))
        }
        for (partition, count) in begin.gone { context.warnOfLoss(count, of: partition) }
        // "latest" means the end as it is now, also for whoever goes on after a crash before the first commit.
        try client.commit(topic, begin.fresh, timeout: .seconds(5))
        // Asked first: when the partitions are assigned nothing may fail any more, or their queues would stay behind.
        let membership = try client.membership()
        var queues: [PartitionQueue] = []
        for partition in partitions { queues.append(try PartitionQueue.detached(partition, of: topic, client)) }
        for queue in queues { pipe.watch(queue) }
        try client.assign(topic, begin.starts.mapValues(\.fetched))
        publish(queues, begin.starts, membership: membership)
        context.log.info(
            "reads partitions for the group", Log.Detail("topic", topic),
            Log.Detail("partitions", partitions.sorted().map { "\($0)" }.joined(separator: ",")))
    }

    /// Lets a member that the group has forgotten join again. librdkafka 2.0.2 tells of the loss, and joins again after it,
    /// only once the partitions were assigned; to assign none leaves it waiting for good ("rebalance already in progress,
    /// skipping"). From their ends, because nothing of it is read.
    private func awaitRevocation(of partitions: [Int32]) {
        let ends = partitions.map { ($0, Int64(RD_KAFKA_OFFSET_END)) }
        do throws(KafkaError) {
            try client.assign(topic, Dictionary(uniqueKeysWithValues: ends))
        } catch {
            giveUp()
        }
    }

    private func giveUp() {
        client.unassign()
        publish([], [:], membership: [])
    }

    private func publish(
        _ queues: [PartitionQueue], _ starts: [Int32: StartPositions.Start], membership: [UInt8]
    ) {
        let superseded = state.withLock { state in
            if starts.isEmpty {
                state.positions.unassign()
                shared.withdraw()
            } else {
                let claimed = starts.mapValues(\.claimed)
                state.positions.assign(claimed)
                shared.assign(
                    GroupAssignment(generation: state.positions.generation, starts: claimed, membership: membership))
            }
            let superseded = state.news
            state.news = Assignment(generation: state.positions.generation, queues: queues, starts: starts)
            return superseded
        }
        superseded?.queues.forEach { $0.destroy() }
        pipe.signal()
    }

    private func commit(timeout: Duration) {
        guard commits else { return }
        let offsets = state.withLock { $0.positions.uncommitted }
        if offsets.isEmpty { return }
        do throws(KafkaError) {
            try client.commit(topic, offsets, timeout: timeout)
            state.withLock { $0.positions.commit(offsets) }
        } catch {
            client.log.write(
                .init(severity: 4, facility: "COMMIT", text: "cannot commit offsets, trying again: \(error.reason)"))
        }
    }
}
