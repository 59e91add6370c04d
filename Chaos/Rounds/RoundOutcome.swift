/// What came of a round.
struct RoundOutcome: Sendable, Codable {
    /// The round.
    var plan: RoundPlan
    /// How often the fault was put where it was meant to be. A run can be over before it comes there.
    var faults = 0
    /// Processes killed by SIGKILL, the broker's included.
    var kills = 0
    /// Seconds from the end of each fault until the archive went on.
    var recoveries: [Double] = []
    /// Records of the stream that the archive does not hold.
    var lost = 0
    /// Records that are in the log more than once.
    var doubled = 0
    /// Where a program that was fenced by a successor woke: how it ended.
    var zombieCode: Int32?
    /// Why the round counts as failed.
    var failure: String?
}
