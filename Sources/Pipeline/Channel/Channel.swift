/// The bounded channel between two neighbouring stages: ``ChannelState`` behind a lock, continuations resumed outside
/// it. One suspension a batch at most, none when there is room and something to take.
///
/// Cancelling a waiting task ends its wait by throwing `CancellationError`; nothing is lost by it, since an element is
/// handed over in one step or not at all.
///
/// The calls that move batches are specialised for them, so that the benchmarks, another module, meet the code that the
/// runtime runs.
///
/// The continuations are unsafe ones. A checked one has a layout that is known only when the program runs, and so has
/// every value around it: looking types up was half of what a batch took on its way through two transforms (181,000
/// instructions, 91,000 without). What a checked one would find out holds by construction: the state keeps one waiter a
/// side and gives it out by taking it out, so it is resumed once at most; that every event which ends a wait gives it
/// out, is what the tests of random sequences compare with a naive model.
package final class Channel<Element: Sendable>: Sendable {
    private typealias SenderWaiter = UnsafeContinuation<ChannelRoom, any Error>

    private struct ReceiverWaiter {
        var number: UInt64
        var continuation: UnsafeContinuation<ChannelReception<Element>, any Error>
    }

    private typealias State = ChannelState<Element, SenderWaiter, ReceiverWaiter>
    private typealias Actions = State.Actions

    private struct Answer {
        var outcome: Result<ChannelReception<Element>, any Error>
        var actions: Actions
    }

    private struct Guarded {
        var state: State
        var receptions: UInt64 = 0
    }

    private let guarded: Lock<Guarded>

    @specialized(where Element == Batch)
    package init(byteLimit: Int, keepsBytesUntilReleased: Bool = false) {
        guarded = Lock(
            Guarded(state: State(byteLimit: byteLimit, keepsBytesUntilReleased: keepsBytesUntilReleased)))
    }

    // MARK: The sender's side

    /// Whether the sender waits for room. For tests, which must know and not guess.
    var isSenderWaiting: Bool { guarded.withLock { $0.state.isSenderWaiting } }

    /// Suspends until records are wanted, somebody pokes, or the sending has to end.
    @specialized(where Element == Batch)
    package func waitForRoom() async throws -> ChannelRoom {
        try Task.checkCancellation()
        // As a rule there is room, and then no waiter is made.
        if let room = guarded.withLock({ $0.state.takeRoom() }) { return room }
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { (waiter: SenderWaiter) in
                let outcome: Result<ChannelRoom, any Error>? = guarded.withLock { guarded in
                    // Checked under the lock that `onCancel` takes: a cancellation is seen here or finds the waiter.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    return guarded.state.waitForRoom(waiter).map { .success($0) }
                }
                if let outcome { waiter.resume(with: outcome) }
            }
        } onCancel: {
            guarded.withLock { $0.state.removeSender() }?.resume(throwing: CancellationError())
        }
    }

    /// Hands an element over. Never waits: ask for room first.
    /// - Returns: false if the receiver is gone and the element was not taken.
    @specialized(where Element == Batch)
    package func send(_ element: Element, weight: ChannelWeight) -> Bool {
        guard let actions = guarded.withLock({ $0.state.send(element, weight: weight) }) else { return false }
        perform(actions)
        return true
    }

    /// Says that nothing more will be sent.
    @specialized(where Element == Batch)
    package func finish() {
        perform(guarded.withLock { $0.state.finish() })
    }

    /// Wakes a sender that waits for room.
    func poke() {
        perform(guarded.withLock { $0.state.poke() })
    }

    /// Tells the sender to stop.
    func stopSender() {
        perform(guarded.withLock { $0.state.stopSender() })
    }

    // MARK: The receiver's side

    /// Grants credit for more records.
    @specialized(where Element == Batch)
    package func request(_ records: Int) {
        perform(guarded.withLock { $0.state.request(records) })
    }

    /// Gives back bytes that were received and are held no longer.
    func release(bytes: Int) {
        perform(guarded.withLock { $0.state.release(bytes: bytes) })
    }

    /// Takes the next element, waiting for it.
    /// - Parameters:
    ///   - deadline: when to give up waiting, or nil.
    ///   - clock: the time of the deadline.
    @specialized(where Element == Batch)
    package func receive(until deadline: Duration? = nil, clock: (any PipelineClock)? = nil) async throws
        -> ChannelReception<Element>
    {
        try await wait(until: deadline, clock: clock, endOnly: false)
    }

    /// Suspends until nothing more will come or the receiver is interrupted; takes nothing.
    /// - Parameters:
    ///   - deadline: when to give up waiting.
    ///   - clock: the time of the deadline.
    func waitForEnd(until deadline: Duration, clock: any PipelineClock) async throws -> ChannelReception<Element> {
        try await wait(until: deadline, clock: clock, endOnly: true)
    }

    /// Tells the receiver to stop waiting.
    func interruptReceiver() {
        perform(guarded.withLock { $0.state.interruptReceiver() })
    }

    /// Lets the receiver wait again after an interruption.
    func resumeReceiver() {
        guarded.withLock { $0.state.resumeReceiver() }
    }

    /// Ends the channel from the receiver's side; later sends fail.
    /// - Returns: what had been sent and was not received.
    func close() -> [Element] {
        let (rest, actions) = guarded.withLock { $0.state.close() }
        perform(actions)
        return rest
    }

    private func wait(
        until deadline: Duration?, clock: (any PipelineClock)?, endOnly: Bool
    ) async throws -> ChannelReception<Element> {
        try Task.checkCancellation()
        let (answer, number) = guarded.withLock { guarded in
            guarded.receptions += 1
            return (guarded.state.take(endOnly: endOnly), guarded.receptions)
        }
        if let answer {
            perform(answer.actions)
            return answer.reception
        }
        var alarm: ScheduledAction?
        defer { alarm?.cancel() }
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let waiter = ReceiverWaiter(number: number, continuation: continuation)
                let answer: Answer? = guarded.withLock { guarded in
                    if Task.isCancelled { return Answer(outcome: .failure(CancellationError()), actions: Actions()) }
                    guard let (reception, actions) = guarded.state.wait(waiter, endOnly: endOnly) else { return nil }
                    return Answer(outcome: .success(reception), actions: actions)
                }
                if let answer {
                    perform(answer.actions)
                    continuation.resume(with: answer.outcome)
                } else if let deadline, let clock {
                    alarm = clock.schedule(at: deadline) { [self] in
                        end(number)?.continuation.resume(returning: .timedOut)
                    }
                }
            }
        } onCancel: {
            end(number)?.continuation.resume(throwing: CancellationError())
        }
    }

    private func end(_ number: UInt64) -> ReceiverWaiter? {
        guarded.withLock { $0.state.removeReceiver { $0.number == number } }
    }

    private func perform(_ actions: Actions) {
        if let (waiter, room) = actions.sender { waiter.resume(returning: room) }
        if let (waiter, reception) = actions.receiver { waiter.continuation.resume(returning: reception) }
    }
}
