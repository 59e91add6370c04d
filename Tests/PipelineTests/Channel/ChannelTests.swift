@testable import Pipeline
import PipelineTesting
import Testing

@Suite("The channel", .timeLimit(.minutes(1)))
struct ChannelTests {
    let one = ChannelWeight(records: 1, bytes: 10)

    @Test("elements arrive in order, none lost and none twice, however the two take turns", arguments: [1, 7, 1_000])
    func order(window: Int) async throws {
        let channel = Channel<Int>(byteLimit: 100)
        let count = 5_000
        async let sending: Void = {
            var next = 0
            while next < count {
                guard case .wanted(let room) = try await channel.waitForRoom() else { continue }
                for _ in 0..<min(room, 3, count - next) {
                    #expect(channel.send(next, weight: one))
                    next += 1
                }
            }
            channel.finish()
        }()
        channel.request(window)
        var received: [Int] = []
        receiving: while true {
            switch try await channel.receive() {
            case .element(let value):
                received.append(value)
                channel.request(1)
            case .finished: break receiving
            case .interrupted, .timedOut: Issue.record("nobody interrupts")
            }
        }
        try await sending
        #expect(received == Array(0..<count))
    }

    @Test("cancelling ends a wait for room")
    func cancelRoom() async {
        let channel = Channel<Int>(byteLimit: 100)
        let waiting = Task { try await channel.waitForRoom() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test("cancelling ends a wait for an element, and the element goes to the next who asks", arguments: 0..<100)
    func cancelReceive(round: Int) async throws {
        let channel = Channel<Int>(byteLimit: 100)
        channel.request(1)
        let waiting = Task { try await channel.receive() }
        if round.isMultiple(of: 2) { await Task.yield() }
        async let sent = channel.send(7, weight: one)
        waiting.cancel()
        #expect(await sent)
        switch await waiting.result {
        case .success(.element(7)): break
        case .success(let other): Issue.record("\(other)")
        case .failure(let error):
            #expect(error is CancellationError)
            guard case .element(7) = try await channel.receive() else {
                Issue.record("the element is lost")
                return
            }
        }
    }

    @Test("cancelling ends a wait for the end, begun or not", arguments: [true, false])
    func cancelEnd(isBegun: Bool) async throws {
        let clock = ManualClock()
        let channel = Channel<Int>(byteLimit: 100)
        let waiting = Task { try await channel.waitForEnd(until: .seconds(1), clock: clock) }
        if isBegun { await clock.waitForSleepers(1) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { _ = try await waiting.value }
        // Its place is free again.
        channel.finish()
        guard case .finished = try await channel.waitForEnd(until: .seconds(1), clock: clock) else {
            Issue.record("the end was not seen")
            return
        }
    }

    @Test("a wait for the end passes over elements and ends at its deadline, at the end or by an interruption")
    func waitForEnd() async throws {
        let clock = ManualClock()
        let channel = Channel<Int>(byteLimit: 100)
        async let first = channel.waitForEnd(until: .seconds(1), clock: clock)
        await clock.waitForSleepers(1)
        #expect(channel.send(1, weight: one))
        clock.advance(by: .seconds(1))
        guard case .timedOut = try await first else {
            Issue.record("it did not time out")
            return
        }
        async let second = channel.waitForEnd(until: .seconds(2), clock: clock)
        await clock.waitForSleepers(1)
        channel.interruptReceiver()
        guard case .interrupted = try await second else {
            Issue.record("it was not interrupted")
            return
        }
        channel.resumeReceiver()
        guard case .element(1) = try await channel.receive() else {
            Issue.record("the element is lost")
            return
        }
        async let third = channel.waitForEnd(until: .seconds(2), clock: clock)
        await clock.waitForSleepers(1)
        channel.finish()
        guard case .finished = try await third else {
            Issue.record("the end was not seen")
            return
        }
    }

    @Test("waiting for an element ends at its deadline, which is forgotten when an element comes first")
    func deadline() async throws {
        let clock = ManualClock()
        let channel = Channel<Int>(byteLimit: 100)
        async let first = channel.receive(until: .seconds(1), clock: clock)
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(1))
        guard case .timedOut = try await first else {
            Issue.record("it did not time out")
            return
        }
        async let second = channel.receive(until: .seconds(2), clock: clock)
        await clock.waitForSleepers(1)
        #expect(channel.send(1, weight: one))
        guard case .element(1) = try await second else {
            Issue.record("the element did not arrive")
            return
        }
        // The deadline of the wait that is over must not end the next one.
        async let third = channel.receive()
        clock.advance(by: .seconds(5))
        #expect(channel.send(2, weight: one))
        guard case .element(2) = try await third else {
            Issue.record("the old deadline ended the wait")
            return
        }
    }

    @Test("a wait whose deadline has passed is over at once, unless something is there")
    func passedDeadline() async throws {
        let clock = ManualClock()
        clock.advance(by: .seconds(10))
        let channel = Channel<Int>(byteLimit: 100)
        guard case .timedOut = try await channel.receive(until: .seconds(1), clock: clock) else {
            Issue.record("it did not time out")
            return
        }
        #expect(channel.send(1, weight: one))
        guard case .element(1) = try await channel.receive(until: .seconds(1), clock: clock) else {
            Issue.record("what was there was not taken")
            return
        }
    }

    @Test("closing gives back what was not received and ends the sender's wait")
    func close() async throws {
        let channel = Channel<Int>(byteLimit: 100)
        #expect(channel.send(1, weight: one))
        #expect(channel.send(2, weight: one))
        async let room = channel.waitForRoom()
        #expect(channel.close() == [1, 2])
        #expect(try await room == .closed)
        #expect(!channel.send(3, weight: one))
        #expect(channel.close() == [])
    }

    @Test("a poke, a stop and an interruption reach whoever waits, and whoever waits next")
    func signals() async throws {
        let channel = Channel<Int>(byteLimit: 100)
        channel.poke()
        #expect(try await channel.waitForRoom() == .poked)
        async let room = channel.waitForRoom()
        channel.stopSender()
        #expect(try await room == .stopped)
        channel.interruptReceiver()
        guard case .interrupted = try await channel.receive() else {
            Issue.record("the interruption was lost")
            return
        }
        guard case .interrupted = try await channel.waitForEnd(until: .seconds(1), clock: ManualClock()) else {
            Issue.record("the interruption was lost")
            return
        }
    }
}
