internal import Synchronization

/// The way from the last stage to the sinks: every sink gets every batch, in one order, and the one with the least room
/// sets the pace.
final class Distributor: BatchOutput {
    private let lanes: [SinkLane]
    private let tracker: DeliveryTracker
    private let clock: any PipelineClock
    private let fields: FieldStep?
    private let deadLane: Int?
    private let deadShare: Mutex<DeadShare>
    private let shareLimit: Double
    // Loops end on different threads; the last of them lets the place for dead letters end.
    private let unfinished: Mutex<Set<Int>>

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
        self.deadShare = Mutex(DeadShare(limit: deadShareLimit))
        self.shareLimit = deadShareLimit
        self.unfinished = Mutex(Set(lanes.indices))
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
        var batch = batch
        let deadBefore = batch.dead.count
        fields?.apply(&batch)
        if let error = problem(with: batch) { return .refused(error) }
        for dead in batch.dead[deadBefore...] {
            guard let lane = lanes.first(where: { $0.name == dead.stage }) else { continue }
            lane.ledger.entered.count(1)
            lane.ledger.dead.count(1)
            lane.rejectedAhead.count(1)
        }
        let number = tracker.deliver(batch)
        var isTaken = false
        for lane in lanes {
            let weight = batch.weight
            isTaken = lane.channel.send(Delivery(number: number, batch: batch), weight: weight) || isTaken
        }
        return isTaken ? .sent : .closed
    }

    /// Why the batch may not go on: its dead records have no place, or are too many.
    private func problem(with batch: Batch) -> PipelineError? {
        if let dead = batch.dead.first, deadLane == nil {
            return .noPlaceForDead(dead, topic: batch.stream.topic)
        }
        let share = deadShare.withLock {
            $0.note(living: batch.records.count, dead: batch.dead.count, now: clock.now)
        }
        return share.map {
            PipelineError(
                .badData, "cannot go on with so many bad records",
                reason: "\(Int(($0 * 100).rounded())) % of the records within a minute were rejected, above the limit "
                    + "of \(Int((shareLimit * 100).rounded())) %",
                remedy: "Look at the reasons of the dead letters: this is rather a wrong schema than bad records. "
                    + "max_dead_share sets the limit")
        }
    }

    func finish() {
        for lane in lanes where lane.index != deadLane || lanes.count == 1 { lane.channel.finish() }
    }

    /// Notes that a sink's loop has ended. The place for dead letters goes on until all others have: what they reject
    /// last still reaches it.
    /// - Returns: whether every loop has ended.
    func laneEnded(_ index: Int) -> Bool {
        let left = unfinished.withLock { unfinished in
            unfinished.remove(index)
            return unfinished
        }
        if let deadLane, left == [deadLane] { lanes[deadLane].channel.finish() }
        return left.isEmpty
    }

    /// Records that were rejected in front of the sinks, in the name of any of them.
    var rejectedAhead: Int { lanes.reduce(0) { $0 + $1.rejectedAhead.load(ordering: .relaxed) } }

    func poke() {
        for lane in lanes { lane.channel.poke() }
    }

    func stopSender() {
        for lane in lanes { lane.channel.stopSender() }
    }

    /// Brings records that a sink rejected to the place for dead letters. From any thread.
    func deliverDead(
        _ rejections: [Rejection], of batch: Batch, lane: SinkLane, number: DeliveryNumber
    ) -> SendOutcome {
        let dead = rejections.map {
            DeadRecord(record: batch.records[$0.index], stage: lane.name, reason: $0.reason)
        }
        guard let deadLane, deadLane != lane.index else {
            return dead.first.map { .refused(.noPlaceForDead($0, topic: batch.stream.topic)) } ?? .sent
        }
        var letter = batch
        letter.records = []
        letter.claims = []
        letter.dead = dead
        guard let side = tracker.deliverDead(letter, to: deadLane, from: lane.index, parent: number) else {
            return .closed
        }
        let isTaken = lanes[deadLane].channel.send(
            Delivery(number: side, batch: letter), weight: ChannelWeight(records: 1, bytes: 0))
        return isTaken ? .sent : .closed
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
