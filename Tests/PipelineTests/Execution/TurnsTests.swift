import Pipeline
import Testing

@Suite struct TurnsTests {
    /// On a thread of its own, as the archive is.
    private actor Owner {
        private nonisolated let executor = ThreadExecutor(name: "turns")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private let turns = Turns()
        private var isInside = false
        private(set) var count = 0

        deinit { executor.stop() }

        func enter() async {
            await turns.take()
            defer { turns.end() }
            #expect(!isInside)
            isInside = true
            await Task.yield()
            isInside = false
            count += 1
        }
    }

    // Many beginnings instead of one long run: a turn that is not passed on shows only if nobody comes after it.
    @Test("the last one gets its turn too, whenever the one before it ends", .timeLimit(.minutes(1)))
    func lastTurn() async {
        for _ in 0..<2_000 {
            let owner = Owner()
            async let first: Void = owner.enter()
            async let second: Void = owner.enter()
            _ = await (first, second)
            #expect(await owner.count == 2)
        }
    }
}
