/// Moments within which a producer is about its work, the same for the same seed.
struct KillMoments {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// 0.3 to 1.3 seconds.
    mutating func next() -> Duration {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return .milliseconds(300 + Int64(state >> 33) % 1_000)
    }
}
