import Testing

@testable import Chaos

@Suite("What rounds add up to")
struct CoverageTests {
    private static func outcome(_ fault: Fault, _ phase: Phase, _ change: (inout RoundOutcome) -> Void) -> RoundOutcome
    {
        var outcome = RoundOutcome(
            plan: RoundPlan(number: 1, seed: 1, fault: fault, phase: phase, target: .archiver, times: 1))
        change(&outcome)
        return outcome
    }

    @Test("the table counts the faults of each phase, with what was lost and how long it took")
    func table() {
        let coverage = Coverage(outcomes: [
            Self.outcome(.killArchiver, .committing) {
                $0.faults = 6
                $0.kills = 6
                $0.recoveries = [0.2, 0.4, 3]
            },
            Self.outcome(.killArchiver, .closing) {
                $0.faults = 1
                $0.kills = 1
                $0.lost = 2
                $0.failure = "lost"
            },
        ])
        #expect(
            coverage.table.rows == [
                [
                    "kill -9 of the archiver", "0", "0", "0", "6", "0", "0", "1", "0.40 s, 3.0 s", "2", "0",
                ]
            ])
        #expect(coverage.kills == 7)
        #expect(coverage.failures.count == 1)
        #expect(coverage.summary(seed: 9).hasPrefix("2 rounds of seed 9: 7 faults, 7 processes killed"))
    }
}
