import PipelineTesting

/// One round: a fault, in a phase of a program. All that is chance in it follows from its seed.
struct RoundPlan: Sendable, Codable, Hashable {
    /// Its place in the session, from 1.
    var number: Int
    /// Decides what is chance in it, and is the seed of its stream.
    var seed: UInt64
    var fault: Fault
    var phase: Phase
    /// The program that stands still.
    var target: ProgramKind
    /// How often the fault is put.
    var times: Int

    /// The rounds of a session: each pair of fault and phase before any comes again, in an order of its own each time.
    /// - Parameters:
    ///   - count: how many.
    ///   - seed: the session's.
    ///   - faults: those that can be had.
    ///   - killsARound: how often a kill is put in one round.
    static func rounds(_ count: Int, seed: UInt64, faults: [Fault], killsARound: Int) -> [RoundPlan] {
        var random = SeededRandom(seed: seed)
        var rounds: [RoundPlan] = []
        while rounds.count < count {
            var cells: [(Fault, Phase)] = faults.flatMap { fault in Phase.allCases.map { (fault, $0) } }
            cells.shuffle(using: &random)
            for (fault, phase) in cells.prefix(count - rounds.count) {
                rounds.append(
                    RoundPlan(
                        number: rounds.count + 1, seed: random.next() >> 11, fault: fault, phase: phase,
                        target: fault.targets.randomElement(using: &random) ?? .archiver,
                        times: fault.isKill ? killsARound : 1))
            }
        }
        return rounds
    }
}
