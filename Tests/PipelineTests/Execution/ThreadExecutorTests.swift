import Foundation
import PipelineTesting
import Synchronization
import Testing

@testable import Pipeline

@Suite("Executors on threads of their own", .timeLimit(.minutes(1)))
struct ThreadExecutorTests {
    @Test("an actor's calls run one after the other, all on one thread that is not the pool's")
    func serial() async {
        let executor = ThreadExecutor(name: "test")
        defer { executor.stop() }
        let actor = PinnedActor(executor)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 { group.addTask { await actor.work() } }
        }
        #expect(await actor.calls == 200)
        #expect(await actor.threads.count == 1)
        #expect(await actor.overlaps == 0)
    }

    @Test("a job that comes after the stop still runs")
    func late() async {
        let executor = ThreadExecutor(name: "test")
        let actor = PinnedActor(executor)
        await actor.work()
        executor.stop()
        for expected in 2...50 {
            await actor.work()
            #expect(await actor.calls == expected)
        }
    }

    @Test("the executor knows its own thread, and no other")
    func isolation() async {
        let executor = ThreadExecutor(name: "test")
        defer { executor.stop() }
        let actor = PinnedActor(executor)
        #expect(executor.isIsolatingCurrentContext() == false)
        #expect(await actor.isOnItsThread)
        // Traps where the check does not know the thread.
        await actor.checkIsolated()
    }

    @Test("a stopped executor does not take another's thread for its own")
    func reusedThread() async {
        // The system gives a new thread the number of one that has ended, as a rule at once.
        for _ in 0..<50 {
            let first = ThreadExecutor(name: "first")
            await PinnedActor(first).work()
            first.stop()
            let second = ThreadExecutor(name: "second")
            let isFirst = await PinnedActor(second).ask(first)
            second.stop()
            if isFirst != false {
                Issue.record("the second executor's thread passed for the first's")
                return
            }
        }
    }

    @Test("an actor's call that awaits what stays on the actor is not overtaken by the next")
    func order() async {
        for _ in 0..<1_000 {
            let executor = ThreadExecutor(name: "test")
            defer { executor.stop() }
            let actor = PinnedActor(executor)
            async let first: Void = actor.stay()
            async let second: Void = actor.stay()
            _ = await (first, second)
            #expect(await actor.overlaps == 0)
        }
    }

    @Test("tasks that prefer the executor run on its thread")
    func preference() async {
        let executor = ThreadExecutor(name: "test")
        defer { executor.stop() }
        await withTaskGroup(of: Bool?.self) { group in
            for _ in 0..<20 {
                group.addTask(executorPreference: ThreadTaskExecutor(on: executor)) {
                    executor.isIsolatingCurrentContext()
                }
            }
            for await isThere in group { #expect(isThere == true) }
        }
    }

    @Test("a stopped executor is let go with its thread")
    func release() async throws {
        let isGone = Watched(false)
        do {
            let executor = ThreadExecutor(name: "test")
            let actor = PinnedActor(executor)
            await actor.attach(Canary { isGone.open() })
            executor.stop()
        }
        try await isGone.pass()
    }
}

/// Tells when it is released.
private final class Canary: Sendable {
    private let released: @Sendable () -> Void
    init(_ released: @escaping @Sendable () -> Void) { self.released = released }
    deinit { released() }
}

private actor PinnedActor {
    private let executor: ThreadExecutor
    private(set) var calls = 0
    private(set) var overlaps = 0
    private(set) var threads: Set<UInt> = []
    private let isBusy = Atomic<Bool>(false)
    private var canary: Canary?

    init(_ executor: ThreadExecutor) { self.executor = executor }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    var isOnItsThread: Bool { executor.isIsolatingCurrentContext() == true }

    func work() {
        if isBusy.exchange(true, ordering: .relaxed) { overlaps += 1 }
        calls += 1
        threads.insert(UInt(pthread_self()))
        isBusy.store(false, ordering: .relaxed)
    }

    /// Awaits a function that never leaves the actor.
    func stay() async {
        if isBusy.exchange(true, ordering: .relaxed) { overlaps += 1 }
        await withCheckedContinuation { $0.resume() }
        isBusy.store(false, ordering: .relaxed)
    }

    func checkIsolated() { executor.checkIsolated() }
    func ask(_ other: ThreadExecutor) -> Bool? { other.isIsolatingCurrentContext() }
    func attach(_ canary: Canary) { self.canary = canary }
}
