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
        fileprivate var isAcknowledged = false
        /// The delivery of this one's rejected records to the place for dead letters; this one counts as acknowledged
        /// only with that one.
        fileprivate var waitsForDead = false
    }

    /// Waiters to resume outside the lock, and what changed.
    struct Actions {
        var barriers: [(waiter: BarrierWaiter, isLost: Bool)] = []
        var settled: [SettledWaiter] = []
        var watermarkMoved = false
    }

    private struct Lane {
        var role: Role
        var outstanding: [Outstanding] = []
        var positions: [Int32: Int64] = [:]
        var generation = 0
        var isLost = false
        var settledWaiter: SettledWaiter?

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
        }
        return number
    }

    /// Notes that rejected records of a delivery go to the place for dead letters, which then answers for them too.
    mutating func deliverDead(_ item: Item, to deadSink: Int, from sink: Int, parent: DeliveryNumber) -> DeliveryNumber?
    {
        guard let index = lanes[sink].index(parent), !lanes[deadSink].isLost else { return nil }
        let number = take()
        lanes[sink].outstanding[index].waitsForDead = true
        lanes[deadSink].outstanding.append(Outstanding(number: number, item: item, claims: [], bytes: 0))
        parents[number] = (sink, parent)
        return number
    }

    private mutating func take() -> DeliveryNumber {
        next += 1
        return DeliveryNumber(value: next)
    }

    // MARK: Acknowledging

    /// A sink's generation: acknowledgements of an earlier one are void.
    func generation(of sink: Int) -> Int { lanes[sink].generation }

    /// The delivery, if the sink has not acknowledged it and the generation is the sink's own.
    func outstanding(_ number: DeliveryNumber, sink: Int, generation: Int) -> Outstanding? {
        guard lanes[sink].generation == generation, let index = lanes[sink].index(number),
            !lanes[sink].outstanding[index].isAcknowledged, !lanes[sink].outstanding[index].waitsForDead
        else { return nil }
        return lanes[sink].outstanding[index]
    }

    /// Notes an acknowledgement.
    mutating func acknowledge(_ number: DeliveryNumber, sink: Int) -> Actions {
        var actions = Actions()
        acknowledge(number, sink: sink, &actions)
        return actions
    }

    private mutating func acknowledge(_ number: DeliveryNumber, sink: Int, _ actions: inout Actions) {
        guard let index = lanes[sink].index(number) else { return }
        lanes[sink].outstanding[index].isAcknowledged = true
        let settledCount = lanes[sink].outstanding.prefix { $0.isAcknowledged }.count
        if settledCount > 0 {
            var touched: Set<Int32> = []
            for delivery in lanes[sink].outstanding.prefix(settledCount) {
                for claim in delivery.claims {
                    lanes[sink].positions[claim.partition] = claim.to
                    touched.insert(claim.partition)
                }
            }
            lanes[sink].outstanding.removeFirst(settledCount)
            moveWatermark(touched, &actions)
            releaseBarriers(&actions)
        }
        releaseSettled(sink, &actions)
        if let parent = parents.removeValue(forKey: number) {
            acknowledge(parent.number, sink: parent.sink, &actions)
        }
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
            let holds = claims.allSatisfy { (lane.positions[$0.partition] ?? Int64.min) >= $0.to }
            if !holds, lane.isLost { return false }
            everyoneHolds = everyoneHolds && holds
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

    /// Waits until a sink has acknowledged everything: true now, or the waiter is kept.
    mutating func waitUntilSettled(sink: Int, _ waiter: SettledWaiter) -> Bool {
        if lanes[sink].outstanding.isEmpty { return true }
        lanes[sink].settledWaiter = waiter
        return false
    }

    /// Takes a waiter out, because its task was cancelled.
    mutating func removeSettled(sink: Int) -> SettledWaiter? {
        defer { lanes[sink].settledWaiter = nil }
        return lanes[sink].settledWaiter
    }

    private mutating func releaseSettled(_ sink: Int, _ actions: inout Actions) {
        guard lanes[sink].outstanding.isEmpty, let waiter = lanes[sink].settledWaiter else { return }
        lanes[sink].settledWaiter = nil
        actions.settled.append(waiter)
    }

    /// Begins a sink's next generation after it was closed.
    /// - Returns: the deliveries to give it again, in order.
    mutating func beginGeneration(sink: Int) -> [Outstanding] {
        lanes[sink].generation += 1
        return lanes[sink].outstanding.filter { !$0.isAcknowledged && !$0.waitsForDead }
    }

    /// Gives a sink up: what it has not acknowledged stays so, and nobody waits for it any more.
    mutating func lose(sink: Int) -> Actions {
        var actions = Actions()
        lanes[sink].isLost = true
        lanes[sink].generation += 1
        releaseBarriers(&actions)
        return actions
    }

    /// Whether a sink was given up.
    func isLost(sink: Int) -> Bool { lanes[sink].isLost }

    /// What a sink has not acknowledged.
    func unacknowledged(sink: Int) -> [Outstanding] {
        lanes[sink].outstanding.filter { !$0.isAcknowledged }
    }
}
