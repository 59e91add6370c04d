/// One sink's part of ``DeliveryState``: what it still has to acknowledge, and where it stands in each partition.
struct DeliveryLane<Item: Sendable, SettledWaiter> {
    typealias Outstanding = OutstandingDelivery<Item>

    /// Whether the watermark waits for the sink.
    let isRequired: Bool
    /// Whether the sink keeps positions itself; owners do not wait for each other.
    let isOwner: Bool
    /// Ascending by number.
    private(set) var outstanding = Queue<Outstanding>()
    /// Where the unbroken run of acknowledged deliveries ends.
    private(set) var positions: [Int32: Int64] = [:]
    /// Acknowledgements of an earlier generation are void.
    private(set) var generation = 0
    private(set) var isLost = false
    /// Where a partition's position can never pass, because of a delivery that will not be acknowledged.
    private var ceilings: [Int32: Int64] = [:]
    /// Deliveries that may still be acknowledged.
    private var unsettled = 0
    private var settledWaiter: SettledWaiter?
    private var isSettlingInterrupted = false

    init(isRequired: Bool, isOwner: Bool) {
        self.isRequired = isRequired
        self.isOwner = isOwner
    }

    // MARK: Deliveries

    /// Takes a delivery on, the latest of all.
    mutating func append(_ delivery: Outstanding) {
        outstanding.append(delivery)
        unsettled += 1
    }

    /// Notes that the sink's task has taken a delivery out of its channel.
    mutating func receive(_ number: DeliveryNumber) {
        guard let index = index(of: number) else { return }
        outstanding[index].isReceived = true
    }

    /// Takes the sink's word on a delivery, once, if the generation is the sink's own.
    mutating func accept(_ number: DeliveryNumber, generation: Int) -> Outstanding? {
        guard self.generation == generation, let index = index(of: number), outstanding[index].standing == .open
        else { return nil }
        outstanding[index].standing = .accepted(deadSink: nil)
        return outstanding[index]
    }

    /// Notes that an accepted delivery counts only with its dead letters, which went to another sink.
    mutating func awaitLetters(of number: DeliveryNumber, in deadSink: Int) {
        guard let index = index(of: number) else { return }
        outstanding[index].standing = .accepted(deadSink: deadSink)
    }

    /// Whether the sink still has to do with a delivery.
    func holds(_ number: DeliveryNumber) -> Bool { index(of: number) != nil }

    /// Notes that an accepted delivery is held.
    /// - Returns: of the deliveries that are let go, because none before them is open: the partitions in which the sink
    ///   has come further, their bytes and how many they are; nil if the delivery was not accepted.
    mutating func acknowledge(_ number: DeliveryNumber) -> (partitions: Set<Int32>, bytes: Int, count: Int)? {
        guard let index = index(of: number), case .accepted = outstanding[index].standing else { return nil }
        outstanding[index].standing = .acknowledged
        unsettled -= 1
        // What was acknowledged out of order stays, and counts as memory, until all before it is acknowledged: so a
        // sink that leaves one batch out comes to a stand at the memory budget instead of growing.
        let count = outstanding.prefix { $0.standing == .acknowledged }.count
        var partitions: Set<Int32> = []
        var bytes = 0
        // No name for the slice: one that lived until they are removed would have all the rest copied.
        for delivery in outstanding.prefix(count) {
            bytes += delivery.bytes
            for claim in delivery.claims {
                positions[claim.partition] = claim.to
                partitions.insert(claim.partition)
            }
        }
        outstanding.removeFirst(count)
        return (partitions, bytes, count)
    }

    /// Notes that a delivery will never be acknowledged.
    /// - Returns: false if the sink has nothing to do with it any more.
    mutating func giveUp(_ number: DeliveryNumber, as standing: Outstanding.Standing) -> Bool {
        guard let index = index(of: number) else { return false }
        outstanding[index].standing = standing
        unsettled -= 1
        for claim in outstanding[index].claims {
            ceilings[claim.partition] = min(claim.from, ceilings[claim.partition] ?? Int64.max)
        }
        return true
    }

    /// Logarithmic in the outstanding deliveries.
    private func index(of number: DeliveryNumber) -> Int? {
        var low = 0
        var high = outstanding.count
        while low < high {
            let middle = (low + high) / 2
            if outstanding[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < outstanding.count && outstanding[low].number == number ? low : nil
    }

    // MARK: For others that wait

    /// Whether the sink holds claims, in the eyes of another that waits for it: false if it never will, nil if it does
    /// not yet. What waits for nothing but the other sink itself, which is to keep its dead letters, counts as held:
    /// else the two would wait for each other for ever.
    func holds(_ claims: [Claim], seenBy other: Int) -> Bool? {
        var positions = positions
        for delivery in outstanding {
            guard delivery.standing == .acknowledged || delivery.standing == .accepted(deadSink: other) else { break }
            for claim in delivery.claims { positions[claim.partition] = claim.to }
        }
        if claims.allSatisfy({ (positions[$0.partition] ?? Int64.min) >= $0.to }) { return true }
        let isHopeless = claims.contains { $0.to > ceilings[$0.partition] ?? Int64.max }
        return isLost || isHopeless ? false : nil
    }

    // MARK: The end and failures

    /// Waits until all is acknowledged that may be: true now, false if somebody has interrupted the wait, or nil and
    /// the waiter is kept.
    mutating func waitUntilSettled(_ waiter: SettledWaiter) -> Bool? {
        if isSettlingInterrupted {
            isSettlingInterrupted = false
            return false
        }
        if unsettled == 0 { return true }
        settledWaiter = waiter
        return nil
    }

    /// Ends the wait for the last acknowledgements, also one that has not begun yet.
    mutating func interruptSettling() -> SettledWaiter? {
        let waiter = removeSettled()
        if waiter == nil { isSettlingInterrupted = true }
        return waiter
    }

    /// Takes the waiter out.
    mutating func removeSettled() -> SettledWaiter? {
        defer { settledWaiter = nil }
        return settledWaiter
    }

    /// Takes the waiter out if there is nothing to wait for any more.
    mutating func releaseSettled() -> SettledWaiter? {
        unsettled == 0 ? removeSettled() : nil
    }

    /// Begins the sink's next generation after it was closed.
    /// - Returns: the deliveries to give it again, in order: those it was given and has not said its word on.
    mutating func beginGeneration() -> [Outstanding] {
        generation += 1
        isSettlingInterrupted = false
        return outstanding.filter { $0.isReceived && $0.standing == .open }
    }

    /// Gives the sink up.
    /// - Returns: what it has not acknowledged, and never will.
    mutating func lose() -> Queue<Outstanding> {
        defer { outstanding = Queue() }
        isLost = true
        generation += 1
        unsettled = 0
        return outstanding
    }
}
