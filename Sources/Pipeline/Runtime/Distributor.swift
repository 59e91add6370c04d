internal import Synchronization

/// The way from the last stage to the sinks: every sink gets every batch, in one order, and the one with the least room
/// sets the pace.
final class Distributor: BatchOutput {
    private let lanes: [SinkLane]
    private let tracker: DeliveryTracker
    private let clock: any PipelineClock
    private let fields: FieldStep?
    let deadLane: Int?
    private let deadShare: Lock<DeadShare>
    private let shareLimit: Double
    // Loops end on different threads; the last of them lets the place for dead letters end.
    private let ending: Lock<(unfinished: Set<Int>, isFinished: Bool)>
    // After a batch that may not go on none may: an acknowledgement of a later one would move positions past it.
    private let isRefusing = Atomic<Bool>(false)

    /// - Parameters:
    ///   - lanes: the sinks.
    ///   - tracker: notes what goes to them.
    ///   - clock: for measuring who holds the others back.
    ///   - fields: parses and checks what the sinks need, or nil.
    ///   - deadLane: index of the place for dead letters, or nil.
    ///   - deadShareLimit: see ``PipelineParts/deadShareLimit``.
    init(
        lanes: [SinkLane], tracker: DeliveryTracker, clock: any PipelineClock, fields: FieldStep?, deadLane: Int?,
        deadShareLimit: Double
    ) {
        self.lanes = lanes
        self.tracker = tracker
        self.clock = clock
        self.fields = fields
        self.deadLane = deadLane
        self.deadShare = Lock(DeadShare(limit: deadShareLimit))
        self.shareLimit = deadShareLimit
        self.ending = Lock((Set(lanes.indices), false))
    }

    func waitForRoom() async throws -> ChannelRoom {
        var wanted: Int?
        for lane in lanes {
            let begin = clock.now
            let room = try await lane.channel.waitForRoom()
            lane.heldBack.add(Int64((clock.now - begin) / .nanoseconds(1)), ordering: .relaxed)
            switch room {
            case .wanted(let records): wanted = min(wanted ?? records, records)
            case .poked, .stopped: return room
            case .closed: continue
            }
        }
        return wanted.map { .wanted($0) } ?? .closed
    }

    func send(_ batch: Batch) -> SendOutcome {
        if isRefusing.load(ordering: .relaxed) { return .closed }
        var batch = batch
        let deadBefore = batch.dead.count
        fields?.apply(&batch)
        do {
            try check(living: batch.records.count, dead: batch.dead.count, first: batch.dead.first, of: batch.stream)
        } catch {
            isRefusing.store(true, ordering: .relaxed)
            return .refused(error)
        }
        for dead in batch.dead[deadBefore...] {
            guard let lane = lanes.first(where: { $0.name == dead.stage }) else { continue }
            lane.ledger.entered.count(1)
            lane.ledger.dead.count(1)
            lane.rejectedAhead.count(1)
        }
        let number = tracker.deliver(batch, at: clock.now)
        var isTaken = false
        for lane in lanes {
            let weight = batch.weight
            isTaken = lane.channel.send(Delivery(number: number, batch: batch), weight: weight) || isTaken
        }
        return isTaken ? .sent : .closed
    }

    /// Throws if dead records have no place, or are too many.
    private func check(
        living: Int, dead: Int, first: DeadRecord?, of stream: StreamIdentity
    ) throws(PipelineError) {
        if let first, deadLane == nil { throw .noPlaceForDead(first, topic: stream.topic) }
        let share = deadShare.withLock { $0.note(living: living, dead: dead, now: clock.now) }
        guard let share else { return }
        throw PipelineError(
            .badData, "cannot go on with so many bad records",
            reason: "\(Int((share * 100).rounded())) % of the records within a minute were rejected, above the limit "
                + "of \(Int((shareLimit * 100).rounded())) %",
            remedy: "Look at the reasons of the dead letters: this is rather a wrong schema than bad records. "
                + "max_dead_share sets the limit")
    }

    func finish() {
        let mayDeadLaneEnd = ending.withLock { ending in
            ending.isFinished = true
            return ending.unfinished.allSatisfy { $0 == deadLane }
        }
        for lane in lanes where lane.index != deadLane || mayDeadLaneEnd { lane.channel.finish() }
    }

    /// Notes that a sink's loop has ended. The place for dead letters goes on until all others have: what they reject
    /// last still reaches it.
    /// - Returns: whose loops have not ended.
    func laneEnded(_ index: Int) -> Set<Int> {
        let (left, isFinished) = ending.withLock { ending in
            ending.unfinished.remove(index)
            return (ending.unfinished, ending.isFinished)
        }
        if let deadLane, left == [deadLane], isFinished { lanes[deadLane].channel.finish() }
        return left
    }

    /// Records that were rejected in front of the sinks, in the name of any of them.
    var rejectedAhead: Int { lanes.reduce(0) { $0 + $1.rejectedAhead.load(ordering: .relaxed) } }

    func poke() {
        for lane in lanes { lane.channel.poke() }
    }

    func stopSender() {
        for lane in lanes { lane.channel.stopSender() }
    }

    /// The batch of dead records that a sink's rejections come to, or nil where there are none.
    /// - Throws: if they have no place or are too many, or if the sink names a record that the batch does not have.
    func letter(_ rejections: [Rejection], of batch: Batch, lane: SinkLane) throws(PipelineError) -> Batch? {
        if rejections.isEmpty { return nil }
        var named: Set<Int> = []
        var letter = batch
        letter.records = []
        letter.claims = []
        letter.dead = []
        for rejection in rejections where named.insert(rejection.index).inserted {
            guard batch.records.indices.contains(rejection.index) else {
                throw PipelineError(
                    .internalFault, "cannot bring a rejected record to its place",
                    reason: "the sink rejects record \(rejection.index) of \(batch.records.count)")
            }
            letter.dead.append(
                DeadRecord(record: batch.records[rejection.index], stage: lane.name, reason: rejection.reason))
        }
        if let first = letter.dead.first, deadLane == lane.index {
            throw .noPlaceForDead(first, topic: batch.stream.topic)
        }
        // They were noted as living when they were sent.
        try check(living: -letter.dead.count, dead: letter.dead.count, first: letter.dead.first, of: batch.stream)
        return letter
    }

    /// Brings records that a sink rejected to the place for dead letters. From any thread.
    func deliverDead(_ letter: Batch, from lane: SinkLane, number: DeliveryNumber) {
        guard let deadLane,
            let side = tracker.deliverDead(letter, to: deadLane, from: lane.index, parent: number, at: clock.now)
        else { return }
        let isTaken = lanes[deadLane].channel.send(
            Delivery(number: side, batch: letter), weight: ChannelWeight(records: 1, bytes: 0))
        // Given up, or ended already: then nobody waits for the letter.
        if !isTaken { tracker.refuse(side, sink: deadLane) }
    }
}

extension PipelineError {
    fileprivate static func noPlaceForDead(_ dead: DeadRecord, topic: String) -> PipelineError {
        PipelineError(
            .badData, "cannot use the record \(topic)[\(dead.record.partition)]@\(dead.record.offset)",
            place: dead.stage, reason: dead.reason,
            remedy: "Name a sink that keeps such records with \"dead_letters\" to go on past them")
    }
}
