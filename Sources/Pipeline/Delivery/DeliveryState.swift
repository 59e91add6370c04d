/// What a batch's delivery to a sink is known by; ascending in the order of delivery.
struct DeliveryNumber: Sendable, Hashable, Comparable {
    var value: UInt64

    static func < (left: DeliveryNumber, right: DeliveryNumber) -> Bool { left.value < right.value }
}

/// Who has acknowledged what, as a pure state machine: the watermark, the commit barrier, and the batches to give to a
/// sink again after it was reopened.
///
/// Batches reach every sink in one order, so a sink's position in a partition is where its unbroken run of
/// acknowledged deliveries ends, whatever the order of its acknowledgements.
struct DeliveryState<Item: Sendable, BarrierWaiter, SettledWaiter> {
    /// What the runtime needs to know of a sink here.
    struct Role: Sendable {
        /// Whether the watermark waits for it.
        var isRequired: Bool
        /// Whether it keeps positions itself; owners do not wait for each other.
        var isOwner: Bool
    }

    /// A delivery that a sink has not acknowledged.
    struct Outstanding {
        var number: DeliveryNumber
        var item: Item
        var claims: [Claim]
        var bytes: Int
        fileprivate var standing = Standing.open
        /// Whether the sink's task has taken it out of its channel; until then it need not be given again.
        fileprivate var isReceived = false
    }

    /// How far a delivery has come with its sink.
    fileprivate enum Standing: Equatable {
        /// The sink has not said anything.
        case open
        /// The sink has said its word, which is being noted. With a sink's index: its rejected records are on their
        /// way there, and it counts as acknowledged only with them.
        case accepted(deadSink: Int?)
        /// The sink and the place for its dead letters hold it. Kept only behind one that is not.
        case acknowledged
        /// The sink rejected records that have no place: it will never be acknowledged.
        case refused
        /// The place for its dead letters is lost: it will never be acknowledged.
        case abandoned
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

    private struct Lane {
        var role: Role
        var outstanding = Queue<Outstanding>()
        var positions: [Int32: Int64] = [:]
        /// Where a partition's position can never pass, because of a delivery that will not be acknowledged.
        var ceilings: [Int32: Int64] = [:]
        /// Deliveries that may still be acknowledged.
        var unsettled = 0
        var generation = 0
        var isLost = false
        var settledWaiter: SettledWaiter?
        var isSettlingInterrupted = false

        /// Linear only in deliveries that overtook each other; the head is what is asked for most.
        func index(_ number: DeliveryNumber) -> Int? {
            var low = 0
            var high = outstanding.count
            while low < high {
                let middle = (low + high) / 2
                if outstanding[middle].number < number { low = middle + 1 } else { high = middle }
            }
            return low < outstanding.count && outstanding[low].number == number ? low : nil
        }
    }

    private var lanes: [Lane]
    private var next: UInt64 = 0
    private var watermark: [Int32: Int64] = [:]
    private var moved: [Int32: Int64] = [:]
    private var barriers: [(sink: Int, claims: [Claim], waiter: BarrierWaiter)] = []
    private var parents: [DeliveryNumber: (sink: Int, number: DeliveryNumber)] = [:]

    /// - Parameter roles: one for each sink, in order. Where none is required, the watermark waits for all.
    init(roles: [Role]) {
        let anyRequired = roles.contains { $0.isRequired }
        lanes = roles.map { Lane(role: Role(isRequired: $0.isRequired || !anyRequired, isOwner: $0.isOwner)) }
    }

    // MARK: Delivering

    /// Notes that a batch goes to every sink that is not lost.
    mutating func deliver(_ item: Item, claims: [Claim], bytes: Int) -> DeliveryNumber {
        let number = take()
        for sink in lanes.indices where !lanes[sink].isLost {
            lanes[sink].outstanding.append(
                Outstanding(number: number, item: item, claims: claims, bytes: bytes))
            lanes[sink].unsettled += 1
        }
        return number
    }

    /// Notes that the sink's task has taken a delivery out of its channel.
    mutating func receive(_ number: DeliveryNumber, sink: Int) {
        guard let index = lanes[sink].index(number) else { return }
        lanes[sink].outstanding[index].isReceived = true
    }

    /// Notes that rejected records of an accepted delivery go to the place for dead letters, which then answers for
    /// them too.
    /// - Returns: no letter if that place is lost; the delivery will then never be acknowledged.
    mutating func deliverDead(
        _ item: Item, to deadSink: Int, from sink: Int, parent: DeliveryNumber
    ) -> Actions {
        var actions = Actions()
        guard let index = lanes[sink].index(parent) else { return actions }
        guard !lanes[deadSink].isLost else {
            giveUp(sink, index, .abandoned, &actions)
            return actions
        }
        let number = take()
        lanes[sink].outstanding[index].standing = .accepted(deadSink: deadSink)
        lanes[deadSink].outstanding.append(Outstanding(number: number, item: item, claims: [], bytes: 0))
        lanes[deadSink].unsettled += 1
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
    /// ``deliverDead(_:to:from:parent:)`` or ``refuse(_:sink:)`` follows.
    mutating func accept(_ number: DeliveryNumber, sink: Int, generation: Int) -> Outstanding? {
        guard lanes[sink].generation == generation, let index = lanes[sink].index(number),
            lanes[sink].outstanding[index].standing == .open
        else { return nil }
        lanes[sink].outstanding[index].standing = .accepted(deadSink: nil)
        return lanes[sink].outstanding[index]
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
        if let index = lanes[sink].index(number) { giveUp(sink, index, .refused, &actions) }
        return actions
    }

    private mutating func giveUp(_ sink: Int, _ index: Int, _ standing: Standing, _ actions: inout Actions) {
        lanes[sink].outstanding[index].standing = standing
        lanes[sink].unsettled -= 1
        for claim in lanes[sink].outstanding[index].claims {
            lanes[sink].ceilings[claim.partition] = min(
                claim.from, lanes[sink].ceilings[claim.partition] ?? Int64.max)
        }
        releaseBarriers(&actions)
        releaseSettled(sink, &actions)
    }

    private mutating func acknowledge(_ number: DeliveryNumber, sink: Int, _ actions: inout Actions) {
        if let parent = parents.removeValue(forKey: number) {
            acknowledge(parent.number, sink: parent.sink, &actions)
        }
        guard let index = lanes[sink].index(number), case .accepted = lanes[sink].outstanding[index].standing
        else { return }
        lanes[sink].outstanding[index].standing = .acknowledged
        lanes[sink].unsettled -= 1
        // What was acknowledged out of order stays, and counts as memory, until all before it is acknowledged: so a
        // sink that leaves one batch out comes to a stand at the memory budget instead of growing.
        let settledCount = lanes[sink].outstanding.prefix { $0.standing == .acknowledged }.count
        if settledCount > 0 {
            var touched: Set<Int32> = []
            var bytes = 0
            for delivery in lanes[sink].outstanding.prefix(settledCount) {
                bytes += delivery.bytes
                for claim in delivery.claims {
                    lanes[sink].positions[claim.partition] = claim.to
                    touched.insert(claim.partition)
                }
            }
            lanes[sink].outstanding.removeFirst(settledCount)
            actions.released.append((sink, bytes))
            moveWatermark(touched, &actions)
            releaseBarriers(&actions)
        }
        releaseSettled(sink, &actions)
    }

    private mutating func moveWatermark(_ partitions: Set<Int32>, _ actions: inout Actions) {
        for partition in partitions {
            var lowest = Int64.max
            for lane in lanes where lane.role.isRequired {
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
        for (other, lane) in lanes.enumerated() where other != sink && lane.role.isRequired && !lane.role.isOwner {
            let positions = positions(of: lane, seenBy: sink)
            let holds = claims.allSatisfy { (positions[$0.partition] ?? Int64.min) >= $0.to }
            if holds { continue }
            everyoneHolds = false
            let isHopeless = claims.contains { $0.to > lane.ceilings[$0.partition] ?? Int64.max }
            if lane.isLost || isHopeless { return false }
        }
        return everyoneHolds ? true : nil
    }

    /// Where a sink stands for one that waits for it. What waits for nothing but the waiting sink itself, which is to
    /// keep its dead letters, counts as held: else the two would wait for each other for ever.
    private func positions(of lane: Lane, seenBy sink: Int) -> [Int32: Int64] {
        var positions = lane.positions
        for delivery in lane.outstanding {
            guard delivery.standing == .acknowledged || delivery.standing == .accepted(deadSink: sink) else { break }
            for claim in delivery.claims { positions[claim.partition] = claim.to }
        }
        return positions
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
        if lanes[sink].isSettlingInterrupted {
            lanes[sink].isSettlingInterrupted = false
            return false
        }
        if lanes[sink].unsettled == 0 { return true }
        lanes[sink].settledWaiter = waiter
        return nil
    }

    /// Ends the wait for the last acknowledgements, also one that has not begun yet.
    mutating func interruptSettling(sink: Int) -> SettledWaiter? {
        let waiter = removeSettled(sink: sink)
        if waiter == nil { lanes[sink].isSettlingInterrupted = true }
        return waiter
    }

    /// Takes a waiter out, because its task was cancelled.
    mutating func removeSettled(sink: Int) -> SettledWaiter? {
        defer { lanes[sink].settledWaiter = nil }
        return lanes[sink].settledWaiter
    }

    private mutating func releaseSettled(_ sink: Int, _ actions: inout Actions) {
        guard lanes[sink].unsettled == 0, let waiter = lanes[sink].settledWaiter else { return }
        lanes[sink].settledWaiter = nil
        actions.settled.append(waiter)
    }

    /// Begins a sink's next generation after it was closed.
    /// - Returns: the deliveries to give it again, in order: those it was given and has not said its word on.
    mutating func beginGeneration(sink: Int) -> [Outstanding] {
        lanes[sink].generation += 1
        lanes[sink].isSettlingInterrupted = false
        return lanes[sink].outstanding.filter { $0.isReceived && $0.standing == .open }
    }

    /// Gives a sink up: what it has not acknowledged stays so, nobody waits for it any more, and its batches are let
    /// go.
    mutating func lose(sink: Int) -> Actions {
        var actions = Actions()
        let left = lanes[sink].outstanding
        lanes[sink].isLost = true
        lanes[sink].generation += 1
        lanes[sink].outstanding = Queue()
        lanes[sink].unsettled = 0
        for delivery in left {
            guard let parent = parents.removeValue(forKey: delivery.number),
                let index = lanes[parent.sink].index(parent.number)
            else { continue }
            giveUp(parent.sink, index, .abandoned, &actions)
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
