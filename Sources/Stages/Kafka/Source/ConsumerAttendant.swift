internal import CRDKafka
internal import Pipeline
internal import Synchronization

/// The thread beside a source's own: serves the client's events whether or not anyone wants records, so that a group
/// gets its answers under backpressure; asks the brokers how far each log goes; and notices new partitions.
///
/// Its questions have a second use. librdkafka 2.0.2 looks whether a partition's queue has room again only when the
/// broker's thread wakes, which is up to a second after the queue ran low. A question to that broker wakes it at once.
final class ConsumerAttendant: Sendable {
    private struct State {
        var ends: [Int32: Int64] = [:]
        var positions: [Int32: Int64] = [:]
        var hungry: [Int32] = []
        var gaps: [Int32: Int64] = [:]
        var gone: Int64 = 0
        var partitionCount: Int32?
    }

    private static let wakeInterval = Duration.milliseconds(5)
    private static let endsInterval = Duration.seconds(1)
    private static let discoveryInterval = Duration.seconds(2)
    private static let missingTopicInterval = Duration.milliseconds(500)
    private static let answerTimeout = Duration.milliseconds(500)

    private let client: KafkaClient
    private let topic: String
    private let group: GroupMembership?
    private let lagGroup: LagGroup?
    private let context: StageContext
    private let pipe: WakePipe
    private let state: Mutex<State>
    private let thread = ServiceThread("kafka events")

    init(
        client: KafkaClient, topic: String, group: GroupMembership?, lagGroup: LagGroup?, pipe: WakePipe,
        context: StageContext
    ) {
        self.client = client
        self.topic = topic
        self.group = group
        self.lagGroup = lagGroup
        self.pipe = pipe
        self.context = context
        state = Mutex(State())
    }

    // MARK: - What the source asks and tells

    /// Starts the thread.
    /// - Parameter partitions: the topic's partitions as known.
    func start(partitions: Int32, discovers: Bool) {
        thread.start { [self] service in
            serve(until: service, partitions: partitions, discovers: discovers)
        }
    }

    /// Says how far the source is, which partitions have little waiting here and more at the broker, and where offsets
    /// were skipped.
    func tell(positions: [Int32: Int64], hungry: [Int32], gaps: [Int32: Int64]) {
        let mustWake = state.withLock { state in
            state.positions = positions
            // Without a group the source itself goes on where retention has overtaken it, and counts what is lost.
            if group != nil { state.gaps.merge(gaps) { first, _ in first } }
            defer { state.hungry = hungry }
            return state.hungry.isEmpty && !hungry.isEmpty
        }
        if mustWake { client.interrupt() }
    }

    /// The topic's number of partitions if it changed since the last call.
    func takePartitionCount() -> Int32? {
        state.withLock { state in
            defer { state.partitionCount = nil }
            return state.partitionCount
        }
    }

    /// Records between the source's positions and the ends of the logs; nil before the first answer.
    var lag: Int64? {
        state.withLock { state in
            let known = state.positions.filter { state.ends[$0.key] != nil }
            if known.isEmpty { return nil }
            return known.reduce(0) { sum, entry in sum + max(0, (state.ends[entry.key] ?? 0) - entry.value) }
        }
    }

    /// When a broker last answered.
    var contact: ServerContact { client.log.contact }

    /// Positions that were deleted at the broker while a group's member was about to read them.
    var gone: Int64 { state.withLock { $0.gone } }

    /// Ends the thread; a group member commits and leaves. Blocks the source's thread for as long as that may take.
    /// - Returns: false if it did not end in time: then it still uses the client.
    func stop() -> Bool {
        client.interrupt()
        // A member may take ten seconds to commit and ten to leave; a question to the brokers takes two at most.
        return thread.stop(within: group == nil ? .seconds(3) : .seconds(25))
    }

    // MARK: - The thread

    private func serve(until service: ServiceThread, partitions: Int32, discovers: Bool) {
        var nextWake = Duration.zero
        var nextEnds = Duration.zero
        var nextDiscovery = Duration.zero
        var known = partitions
        var turn = 0
        // Partitions whose leader did not answer a moment ago; to ask it again and again would hold up all the rest.
        var silent: Set<Int32> = []
        let committer = lagGroup.map { LagCommitter($0, context) }
        while !service.isStopping {
            let hungry = state.withLock { $0.hungry }.filter { !silent.contains($0) }
            let patience = hungry.isEmpty ? .milliseconds(100) : min(.milliseconds(100), nextWake - context.clock.now)
            client.serve(max(.zero, patience)) { event in
                if event.type == RD_KAFKA_EVENT_REBALANCE { rebalance(event, service) }
            }
            group?.tick()
            committer?.tick()
            let now = context.clock.now
            if !hungry.isEmpty, now >= nextWake {
                // One partition at a time: on one broker that wakes all, on several each gets its turn.
                turn += 1
                let partition = hungry[turn % hungry.count]
                if !learnEnds(of: [partition]) { silent.insert(partition) }
                nextWake = context.clock.now + Self.wakeInterval
            }
            if now >= nextEnds {
                nextEnds = now + Self.endsInterval
                turn += 1
                silent = learnAllEnds(turn)
            }
            if discovers, now >= nextDiscovery {
                nextDiscovery = now + (known == 0 ? Self.missingTopicInterval : Self.discoveryInterval)
                if case .partitions(let count) = try? client.topicState(topic, timeout: Self.answerTimeout),
                    count != known
                {
                    known = count
                    state.withLock { $0.partitionCount = count }
                    pipe.signal()
                }
            }
        }
        group?.leave()
        committer?.finish()
    }

    private func rebalance(_ event: borrowing ClientEvent, _ service: ServiceThread) {
        if event.error.code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            group?.assign(event.partitions) { service.isStopping }
        } else {
            group?.revoke { service.isStopping }
        }
    }

    /// Asks for the ends of all logs that are read, at once; where a leader is away, for each by itself up to the first that
    /// does not answer.
    /// - Parameter turn: grows from call to call, so that each comes first in its turn.
    /// - Returns: partitions whose leader does not answer, as far as is known.
    private func learnAllEnds(_ turn: Int) -> Set<Int32> {
        let partitions = state.withLock { $0.positions.keys.sorted() }
        if !partitions.isEmpty, learnEnds(of: partitions) { return [] }
        // Any broker answers this: also a member without partitions learns whether there is one, and so does one whose
        // leaders are away while others are there.
        guard (try? client.topicState(topic, timeout: Self.answerTimeout)) != nil else { return Set(partitions) }
        for offset in partitions.indices {
            let partition = partitions[(turn + offset) % partitions.count]
            if !learnEnds(of: [partition]) { return [partition] }
        }
        return []
    }

    /// Asks for the ends of logs.
    /// - Returns: false if not all leaders answered.
    private func learnEnds(of partitions: [Int32]) -> Bool {
        guard let ends = try? client.offsets(at: .next, of: topic, partitions, timeout: Self.answerTimeout) else {
            return false
        }
        let skipped = state.withLock { state in
            state.ends.merge(ends) { _, new in new }
            return partitions.filter { state.gaps[$0] != nil }
        }
        if skipped.isEmpty { return true }
        guard let begins = try? client.offsets(at: .first, of: topic, skipped, timeout: Self.answerTimeout) else {
            return false
        }
        for (partition, begin) in begins { countGone(partition, before: begin) }
        return true
    }

    /// Skipped offsets were deleted, and are no marker or compaction hole, if the log begins after them now.
    private func countGone(_ partition: Int32, before begin: Int64) {
        let lost = state.withLock { state -> Int64 in
            guard let expected = state.gaps.removeValue(forKey: partition), begin > expected else { return 0 }
            state.gone += begin - expected
            return begin - expected
        }
        if lost > 0 { context.warnOfLoss(lost, of: partition) }
    }
}
