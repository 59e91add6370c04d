import PipelineTesting
import Testing

@testable import Pipeline

@Suite("Clocks", .timeLimit(.minutes(1)))
struct ClockTests {
    @Test("the machine's clock calls actions in the order of their times, none before its time")
    func order() async throws {
        let clock = SystemClock()
        let calls = Watched<[Int]>([])
        let early = Watched(0)
        let begin = clock.now
        let handles = [30, 10, 50, 20, 40].map { milliseconds in
            let time = begin + .milliseconds(milliseconds)
            return clock.schedule(at: time) {
                if clock.now < time { early.update { $0 += 1 } }
                calls.update { $0.append(milliseconds) }
            }
        }
        try await calls.wait { $0.count == handles.count }
        #expect(calls.value == [10, 20, 30, 40, 50])
        #expect(early.value == 0)
        // Generous: the machine may be busy.
        #expect(clock.now - begin < .seconds(10))
    }

    @Test("actions of one time are called in the order they were scheduled, and what has passed at once")
    func ties() async throws {
        let clock = SystemClock()
        let calls = Watched<[Int]>([])
        let time = clock.now + .milliseconds(20)
        for index in 0..<20 { _ = clock.schedule(at: time) { calls.update { $0.append(index) } } }
        _ = clock.schedule(at: .zero) { calls.update { $0.append(-1) } }
        try await calls.wait { $0.count == 21 }
        #expect(calls.value == [-1] + Array(0..<20))
    }

    @Test("an action that was taken back is not called, the first in line too")
    func cancel() async throws {
        let clock = SystemClock()
        let calls = Watched<[Int]>([])
        let begin = clock.now
        let handles = (0..<4).map { index in
            clock.schedule(at: begin + .milliseconds(50 + index)) { calls.update { $0.append(index) } }
        }
        handles[0].cancel()
        handles[0].cancel()
        handles[2].cancel()
        try await calls.wait { $0.count == 2 }
        #expect(calls.value == [1, 3])
    }

    @Test("an action far away does not hold up one that is near")
    func farAway() async throws {
        let clock = SystemClock()
        let isCalled = Watched(false)
        let far = [clock.schedule(at: .seconds(1 << 40)) {}, clock.schedule(at: .seconds(3_600)) {}]
        _ = clock.schedule(at: clock.now + .milliseconds(5)) { isCalled.open() }
        try await isCalled.pass()
        for handle in far { handle.cancel() }
    }

    @Test("a clock that nobody uses is let go, with its thread")
    func release() async throws {
        let isCalled = Watched(false)
        weak var left: SystemClock?
        do {
            let clock = SystemClock()
            left = clock
            _ = clock.schedule(at: clock.now) { isCalled.open() }
            try await isCalled.pass()
        }
        #expect(left == nil)
    }

    @Test("what was scheduled before the clock was let go is still called")
    func outlives() async throws {
        let isCalled = Watched(false)
        do {
            let clock = SystemClock()
            _ = clock.schedule(at: clock.now + .milliseconds(20)) { isCalled.open() }
        }
        try await isCalled.pass()
    }

    @Test("what is scheduled on an executor's thread is called there, between its jobs, at the clock's times")
    func onThread() async throws {
        let clock = SystemClock()
        let executor = ThreadExecutor(name: "test")
        let there = clock.calling(on: executor)
        let calls = Watched<[Bool?]>([])
        let begin = clock.now
        #expect(there.now >= begin)
        let time = clock.now + .milliseconds(20)
        _ = there.schedule(at: time) { calls.update { $0.append(executor.isIsolatingCurrentContext()) } }
        let late = there.schedule(at: .seconds(1 << 40)) {}
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask(executorPreference: ThreadTaskExecutor(on: executor)) {
                    do {
                        try await there.sleep(until: time)
                        #expect(clock.now >= time)
                        calls.update { $0.append(executor.isIsolatingCurrentContext()) }
                    } catch {
                        Issue.record(error)
                    }
                }
            }
        }
        #expect(calls.value == Array(repeating: true, count: 21))
        late.cancel()
        executor.stop()
    }

    @Test("a sleep ends at its time")
    func sleep() async throws {
        let clock = ManualClock()
        let isOver = Watched(false)
        let sleeping = Task {
            try await clock.sleep(until: .seconds(5))
            isOver.open()
        }
        await clock.waitForSleepers(1)
        clock.advance(by: .milliseconds(4_999))
        #expect(!isOver.value)
        clock.advance(by: .milliseconds(1))
        try await sleeping.value
        // What has passed is no sleep.
        try await clock.sleep(until: .seconds(5))
    }

    @Test("cancelling ends a sleep at once and leaves nothing behind")
    func cancelSleep() async throws {
        let clock = ManualClock()
        let sleeping = Task { try await clock.sleep(until: .seconds(5)) }
        await clock.waitForSleepers(1)
        sleeping.cancel()
        await #expect(throws: CancellationError.self) { try await sleeping.value }
        clock.advance(by: .seconds(10))
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(until: .zero)
        }
        await #expect(throws: CancellationError.self) { try await late.value }
    }

    @Test("time and cancellation that meet end a sleep once", arguments: 0..<200)
    func race(round: Int) async throws {
        let clock = ManualClock()
        let sleeping = Task { try await clock.sleep(until: .seconds(1)) }
        await clock.waitForSleepers(1)
        async let turned: Void = clock.advance(by: .seconds(1))
        sleeping.cancel()
        await turned
        // Either may win; a second resumption would trap.
        _ = await sleeping.result
    }
}
