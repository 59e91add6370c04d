/// What a sender that asked for room is told.
package enum ChannelRoom: Sendable, Equatable {
    /// So many records are wanted now.
    case wanted(Int)
    /// Somebody poked; there is no room.
    case poked
    /// The sender was told to stop sending.
    case stopped
    /// The receiver is gone.
    case closed
}

/// What a receiver is told.
package enum ChannelReception<Element: Sendable>: Sendable {
    /// The next element.
    case element(Element)
    /// Nothing will come any more.
    case finished
    /// The receiver was told to stop receiving.
    case interrupted
    /// The receiver's time ran out.
    case timedOut
}

/// What one element costs of a channel's bounds.
package struct ChannelWeight: Sendable, Equatable {
    /// Records, or 1 for an element without: a stream of empty batches must not grow without bound.
    package var records: Int
    /// Bytes in memory.
    package var bytes: Int

    package init(records: Int, bytes: Int) {
        self.records = records
        self.bytes = bytes
    }
}

/// The bounded channel between two neighbours as a pure state machine: events in, actions out.
///
/// The receiver grants credit in records (`request`); the sender sends against it. Credit instead of a plain bound,
/// because a stage that paces must be able to ask for less than there is room for: before a rate-gate nothing may be
/// made early. Beside credit there is a bound in bytes on what is buffered. One sender, one receiver; each waits for
/// one thing at a time.
struct ChannelState<Element: Sendable, SenderWaiter, ReceiverWaiter> {
    /// Continuations to resume outside the lock.
    struct Actions {
        var sender: (waiter: SenderWaiter, room: ChannelRoom)?
        var receiver: (waiter: ReceiverWaiter, reception: ChannelReception<Element>)?
    }

    private var buffer = Queue<(element: Element, weight: ChannelWeight)>()
    private(set) var heldBytes = 0
    private(set) var credit = 0
    private let byteLimit: Int
    private let keepsBytesUntilReleased: Bool
    private var isFinished = false
    private var isClosed = false
    private var isSenderStopped = false
    private var isPoked = false
    private var isReceiverInterrupted = false
    private var waitingSender: SenderWaiter?
    private var waitingReceiver: (waiter: ReceiverWaiter, endOnly: Bool)?

    /// - Parameters:
    ///   - byteLimit: bytes above which the sender waits.
    ///   - keepsBytesUntilReleased: whether bytes count until `release`, not only until received: in front of a sink,
    ///     what is not acknowledged is still held in memory.
    init(byteLimit: Int, keepsBytesUntilReleased: Bool) {
        self.byteLimit = byteLimit
        self.keepsBytesUntilReleased = keepsBytesUntilReleased
    }

    var isEmpty: Bool { buffer.isEmpty }

    private var room: ChannelRoom? {
        if isClosed { return .closed }
        if isSenderStopped { return .stopped }
        if credit > 0, heldBytes < byteLimit { return .wanted(credit) }
        return isPoked ? .poked : nil
    }

    // MARK: The sender's side

    /// Asks for room: an answer now, or nil where there is reason to wait.
    mutating func takeRoom() -> ChannelRoom? {
        let room = room
        if room != nil { isPoked = false }
        return room
    }

    /// Whether the sender waits for room.
    var isSenderWaiting: Bool { waitingSender != nil }

    /// Asks for room: an answer now, or nil and the waiter is kept.
    mutating func waitForRoom(_ waiter: SenderWaiter) -> ChannelRoom? {
        let room = takeRoom()
        if room == nil { waitingSender = waiter }
        return room
    }

    /// Takes an element, whatever the credit: the sender asked for room before, and a batch may be larger than it.
    /// - Returns: nil if the receiver is gone and the element was not taken.
    mutating func send(_ element: Element, weight: ChannelWeight) -> Actions? {
        if isClosed || isFinished { return nil }
        credit -= weight.records
        if let receiver = waitingReceiver, !receiver.endOnly {
            waitingReceiver = nil
            if keepsBytesUntilReleased { heldBytes += weight.bytes }
            return Actions(receiver: (receiver.waiter, .element(element)))
        }
        buffer.append((element, weight))
        heldBytes += weight.bytes
        return Actions()
    }

    /// Says that nothing more will be sent.
    mutating func finish() -> Actions {
        isFinished = true
        guard isEmpty, let receiver = waitingReceiver else { return Actions() }
        waitingReceiver = nil
        return Actions(receiver: (receiver.waiter, .finished))
    }

    /// Wakes the sender without giving it room.
    mutating func poke() -> Actions {
        isPoked = true
        return answerSender()
    }

    /// Tells the sender to stop: it gets no room any more.
    mutating func stopSender() -> Actions {
        isSenderStopped = true
        return answerSender()
    }

    /// Takes a waiting sender out, because its task was cancelled.
    mutating func removeSender() -> SenderWaiter? {
        defer { waitingSender = nil }
        return waitingSender
    }

    // MARK: The receiver's side

    /// Grants credit.
    mutating func request(_ records: Int) -> Actions {
        credit += records
        return answerSender()
    }

    /// Gives back bytes that were received and are held no longer.
    mutating func release(bytes: Int) -> Actions {
        heldBytes -= bytes
        return answerSender()
    }

    /// Asks for the next element, or for the end alone: an answer now, or nil where there is reason to wait.
    mutating func take(endOnly: Bool) -> (reception: ChannelReception<Element>, actions: Actions)? {
        if !endOnly, let (element, weight) = buffer.popFirst() {
            if !keepsBytesUntilReleased { heldBytes -= weight.bytes }
            return (.element(element), answerSender())
        }
        if isFinished, isEmpty { return (.finished, Actions()) }
        if isReceiverInterrupted { return (.interrupted, Actions()) }
        return nil
    }

    /// Asks for the next element, or for the end alone: an answer now, or nil and the waiter is kept.
    mutating func wait(
        _ waiter: ReceiverWaiter, endOnly: Bool
    ) -> (reception: ChannelReception<Element>, actions: Actions)? {
        let answer = take(endOnly: endOnly)
        if answer == nil { waitingReceiver = (waiter, endOnly) }
        return answer
    }

    /// Tells the receiver to stop waiting; what is buffered it may still take.
    mutating func interruptReceiver() -> Actions {
        isReceiverInterrupted = true
        guard let receiver = waitingReceiver else { return Actions() }
        waitingReceiver = nil
        return Actions(receiver: (receiver.waiter, .interrupted))
    }

    /// Lets the receiver wait again after an interruption.
    mutating func resumeReceiver() {
        isReceiverInterrupted = false
    }

    /// Takes a waiting receiver out, because its time ran out or its task was cancelled.
    /// - Parameter isIt: whether the waiter is the one meant; another may wait by now.
    mutating func removeReceiver(_ isIt: (ReceiverWaiter) -> Bool) -> ReceiverWaiter? {
        guard let waiter = waitingReceiver?.waiter, isIt(waiter) else { return nil }
        waitingReceiver = nil
        return waiter
    }

    /// Ends the channel from the receiver's side.
    /// - Returns: what was buffered and will not be received.
    mutating func close() -> (rest: [Element], actions: Actions) {
        isClosed = true
        var rest: [Element] = []
        while let (element, _) = buffer.popFirst() { rest.append(element) }
        return (rest, answerSender())
    }

    private mutating func answerSender() -> Actions {
        guard let waiter = waitingSender, let room else { return Actions() }
        waitingSender = nil
        isPoked = false
        return Actions(sender: (waiter, room))
    }
}
