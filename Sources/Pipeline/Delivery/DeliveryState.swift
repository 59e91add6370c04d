/// Who has acknowledged what, as a pure state machine: the watermark, the commit barrier, and the batches to give to a
/// sink again after it was reopened.
///
/// Batches reach every sink in one order, so a sink's position in a partition is where its unbroken run of
/// acknowledged deliveries ends, whatever the order of its acknowledgements.
struct DeliveryState<Item: Sendable, BarrierWaiter, SettledWaiter> {
    typealias Outstanding = OutstandingDelivery<Item>

    /// What the runtime needs to know of a sink here.
    struct Role: Sendable {
        /// Whether the watermark waits for it.
        var isRequired: Bool
        /// Whether it keeps positions itself; owners do not wait for each other.
        var isOwner: Bool
    }

    /// Waiters to resume outside the lock, and what changed.
    struct Actions {
        var barriers: [(waiter: BarrierWaiter, isLost: Bool)] = []
        var settled: [SettledWaiter] = []
        /// Bytes by sink that are held in memory no longer.
        var released: [(sink: Int, bytes: Int)] = []
        /// The delivery to the place for dead letters.
        var letter: DeliveryNumber?
        var watermarkMoved = false
    }

    private var lanes: [DeliveryLane<Item, SettledWaiter>]
    private var next: UInt64 = 0
    private var watermark: [Int32: Int64] = [:]
    private var moved: [Int32: Int64] = [:]
    private var barriers: [(sink: Int, claims: [Claim], waiter: BarrierWaiter)] = []
    private var parents: [DeliveryNumber: (sink: Int, number: DeliveryNumber)] = [:]

    /// - Parameter roles: one for each sink, in order. Where none is required, the watermark waits for all.
    init(roles: [Role]) {
        let anyRequired = roles.contains { $0.isRequired }
        lanes = roles.map { DeliveryLane(isRequired: $0.isRequired || !anyRequired, isOwner: $0.isOwner) }
    }

    // MARK: Delivering

    /// Notes that a batch goes to every sink that is not lost.
    mutating func deliver(_ item: Item, claims: [Claim], bytes: Int, at time: Duration) -> DeliveryNumber {
        let number = take()
        for sink in lanes.indices where !lanes[sink].isLost {
            lanes[sink].append(Outstanding(number: number, item: item, claims: claims, bytes: bytes, since: time))
        }
        return number
    }

    /// Notes that the sink's task has taken a delivery out of its channel.
    mutating func receive(_ number: DeliveryNumber, sink: Int) {
        lanes[sink].receive(number)
    }

    /// Notes that rejected records of an accepted delivery go to the place for dead letters, which then answers for
    /// them too.
    /// - Returns: no letter if that place is lost; the delivery will then never be acknowledged.
    mutating func deliverDead(
        _ item: Item, to deadSink: Int, from sink: Int, parent: DeliveryNumber, at time: Duration
    ) -> Actions {
        var actions = Actions()
        guard lanes[sink].holds(parent) else { return actions }
        guard !lanes[deadSink].isLost else {
            giveUp(parent, sink, as: .abandoned, &actions)
            return actions
        }
        let number = take()
        lanes[sink].awaitLetters(of: parent, in: deadSink)
        lanes[deadSink].append(Outstanding(number: number, item: item, claims: [], bytes: 0, since: time))
        parents[number] = (sink, parent)
        // An owner that is the place for dead letters waits for this sink no longer.
        releaseBarriers(&actions)
        actions.letter = number
        return actions
    }

    private mutating func take() -> DeliveryNumber {
        next += 1
        return DeliveryNumber(value: next)
    }

    // MARK: Acknowledging

    /// A sink's generation: acknowledgements of an earlier one are void.
    func generation(of sink: Int) -> Int { lanes[sink].generation }

    /// Takes a sink's word on a delivery, once, if the generation is the sink's own. ``acknowledge(_:sink:)``,
    /// ``deliverDead(_:to:from:parent:at:)`` or ``refuse(_:sink:)`` follows.
    mutating func accept(_ number: DeliveryNumber, sink: Int, generation: Int) -> Outstanding? {
        lanes[sink].accept(number, generation: generation)
    }

    /// Notes that an accepted delivery is held.
    mutating func acknowledge(_ number: DeliveryNumber, sink: Int) -> Actions {
        var actions = Actions()
        acknowledge(number, sink: sink, &actions)
        return actions
    }

    /// Notes that an accepted delivery has records without a place: it is never acknowledged, and nobody waits for it.
    mutating func refuse(_ number: DeliveryNumber, sink: Int) -> Actions {
        var actions = Actions()
        giveUp(number, sink, as: .refused, &actions)
        return actions
    }

    private mutating func giveUp(
        _ number: DeliveryNumber, _ sink: Int, as standing: Outstanding.Standing, _ actions: inout Actions
    ) {
        guard lanes[sink].giveUp(number, as: standing) else { return }
        releaseBarriers(&actions)
        releaseSettled(sink, &actions)
    }

    private mutating func acknowledge(_ number: DeliveryNumber, sink: Int, _ actions: inout Actions) {
        if let parent = parents.removeValue(forKey: number) {
            acknowledge(parent.number, sink: parent.sink, &actions)
        }
        guard let run = lanes[sink].acknowledge(number) else { return }
        if run.count > 0 {
            actions.released.append((sink, run.bytes))
            moveWatermark(run.partitions, &actions)
        }
        // Also where the run of acknowledged deliveries is no longer: one before this may wait for its letter, which the
        // owner that waits here is to keep, and the letter may stand behind what the owner has in hand.
        releaseBarriers(&actions)
        releaseSettled(sink, &actions)
    }

    private mutating func moveWatermark(_ partitions: Set<Int32>, _ actions: inout Actions) {
        for partition in partitions {
            var lowest = Int64.max
            for lane in lanes where lane.isRequired {
                // A lost sink's position stands still, and with it the watermark: nothing it missed counts as held.
                lowest = min(lowest, lane.positions[partition] ?? Int64.min)
            }
            if lowest > watermark[partition] ?? Int64.min {
                watermark[partition] = lowest
                moved[partition] = lowest
                actions.watermarkMoved = true
            }
        }
    }

    /// What moved of the watermark since the last call.
    mutating func takeWatermark() -> [Int32: Int64] {
        defer { moved = [:] }
        return moved
    }

    /// When the oldest delivery was made that a sink is waited for with; nil if there is none.
    var oldestOutstanding: Duration? {
        lanes.filter(\.isRequired).compactMap { $0.outstanding.first?.since }.min()
    }

    // MARK: The commit barrier

    /// Waits for the other required sinks: an answer now (true: they hold it; false: one is lost), or nil and the
    /// waiter is kept.
    mutating func waitForOthers(_ claims: [Claim], sink: Int, _ waiter: BarrierWaiter) -> Bool? {
        if let answer = othersHold(claims, sink: sink) { return answer }
        barriers.append((sink, claims, waiter))
        return nil
    }

    /// Takes a waiter out, because its task was cancelled.
    mutating func removeBarrier(sink: Int) -> BarrierWaiter? {
        guard let index = barriers.firstIndex(where: { $0.sink == sink }) else { return nil }
        return barriers.remove(at: index).waiter
    }

    private func othersHold(_ claims: [Claim], sink: Int) -> Bool? {
        var everyoneHolds = true
        for (other, lane) in lanes.enumerated() where other != sink && lane.isRequired && !lane.isOwner {
            guard let holds = lane.holds(claims, seenBy: sink) else {
                everyoneHolds = false
                continue
            }
            if !holds { return false }
        }
        return everyoneHolds ? true : nil
    }

    private mutating func releaseBarriers(_ actions: inout Actions) {
        let waiting = barriers
        barriers = []
        for barrier in waiting {
            if let holds = othersHold(barrier.claims, sink: barrier.sink) {
                actions.barriers.append((barrier.waiter, !holds))
            } else {
                barriers.append(barrier)
            }
        }
    }

    // MARK: The end and failures

    /// Waits until a sink has acknowledged all that it may: true now, false if somebody has interrupted the wait, or
    /// nil and the waiter is kept.
    mutating func waitUntilSettled(sink: Int, _ waiter: SettledWaiter) -> Bool? {
        lanes[sink].waitUntilSettled(waiter)
    }

    /// Ends the wait for the last acknowledgements, also one that has not begun yet.
    mutating func interruptSettling(sink: Int) -> SettledWaiter? {
        lanes[sink].interruptSettling()
    }

    /// Takes a waiter out, because its task was cancelled.
    mutating func removeSettled(sink: Int) -> SettledWaiter? {
        lanes[sink].removeSettled()
    }

    private mutating func releaseSettled(_ sink: Int, _ actions: inout Actions) {
        if let waiter = lanes[sink].releaseSettled() { actions.settled.append(waiter) }
    }

    /// Begins a sink's next generation after it was closed.
    /// - Returns: the deliveries to give it again, in order: those it was given and has not said its word on.
    mutating func beginGeneration(sink: Int) -> [Outstanding] {
        lanes[sink].beginGeneration()
    }

    /// Gives a sink up: what it has not acknowledged stays so, nobody waits for it any more, and its batches are let
    /// go.
    mutating func lose(sink: Int) -> Actions {
        var actions = Actions()
        for delivery in lanes[sink].lose() {
            guard let parent = parents.removeValue(forKey: delivery.number) else { continue }
            giveUp(parent.number, parent.sink, as: .abandoned, &actions)
        }
        releaseBarriers(&actions)
        releaseSettled(sink, &actions)
        return actions
    }

    /// Whether a sink was given up.
    func isLost(sink: Int) -> Bool { lanes[sink].isLost }

    /// What a sink was to acknowledge and has neither acknowledged nor rejected.
    func unacknowledged(sink: Int) -> [Outstanding] {
        lanes[sink].outstanding.filter { $0.standing == .open || $0.standing == .refused }
    }
}
