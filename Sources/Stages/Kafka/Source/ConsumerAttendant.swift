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
        var bounds: [Int32: StartPositions.Bounds] = [:]
        var positions: [Int32: Int64] = [:]
        var hungry: [Int32] = []
        var gaps: [Int32: Int64] = [:]
        var gone: Int64 = 0
        var partitionCount: Int32?
    }

    private static let wakeInterval = Duration.milliseconds(5)
    private static let boundsInterval = Duration.seconds(1)
    private static let discoveryInterval = Duration.seconds(2)
    private static let missingTopicInterval = Duration.milliseconds(500)

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
            let known = state.positions.filter { state.bounds[$0.key] != nil }
            if known.isEmpty { return nil }
            return known.reduce(0) { sum, entry in
                sum + max(0, (state.bounds[entry.key]?.high ?? 0) - entry.value)
            }
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
        // A member may take ten seconds to commit and ten to leave. `rd_kafka_query_watermark_offsets` of 2.0.2 waits for a
        // broker that stands still for minutes, whatever its time limit says.
        return thread.stop(within: group == nil ? .seconds(3) : .seconds(25))
    }

    // MARK: - The thread

    private func serve(until service: ServiceThread, partitions: Int32, discovers: Bool) {
        var nextWake = Duration.zero
        var nextBounds = Duration.zero
        var nextDiscovery = Duration.zero
        var known = partitions
        var turn = 0
        let committer = lagGroup.map { LagCommitter($0, context) }
        while !service.isStopping {
            let hungry = state.withLock { $0.hungry }
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
                learnBounds(of: hungry[turn % hungry.count])
                nextWake = context.clock.now + Self.wakeInterval
            }
            if now >= nextBounds {
                nextBounds = now + Self.boundsInterval
                let partitions = state.withLock { Array($0.positions.keys) }
                for partition in partitions where !learnBounds(of: partition) { break }
                // A member that has no partitions, and a topic that is not there: is there a broker?
                if partitions.isEmpty { _ = try? client.topicState(topic, timeout: .milliseconds(500)) }
            }
            if discovers, now >= nextDiscovery {
                nextDiscovery = now + (known == 0 ? Self.missingTopicInterval : Self.discoveryInterval)
                if case .partitions(let count) = try? client.topicState(topic, timeout: .milliseconds(500)),
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

    /// Asks for a partition's bounds.
    /// - Returns: false if nobody answered.
    @discardableResult
    private func learnBounds(of partition: Int32) -> Bool {
        guard let marks = try? client.watermarks(topic, partition, timeout: .milliseconds(500)) else { return false }
        let lost = state.withLock { state -> Int64 in
            state.bounds[partition] = .init(low: marks.low, high: marks.high)
            // Skipped offsets were deleted, and are no marker or compaction hole, if the log now begins after them.
            guard let expected = state.gaps.removeValue(forKey: partition), marks.low > expected else { return 0 }
            state.gone += marks.low - expected
            return marks.low - expected
        }
        if lost > 0 {
            context.log.warning(
                "records were deleted by retention before they were read", Log.Detail("partition", "\(partition)"),
                Log.Detail("records", "\(lost)"))
        }
        return true
    }
}
