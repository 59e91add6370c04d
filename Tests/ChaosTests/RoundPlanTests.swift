import PipelineTesting
import Testing

@testable import Chaos

@Suite("What rounds are planned")
struct RoundPlanTests {
    @Test("a seed gives the same rounds, another one others")
    func seeds() {
        let plan = { (seed: UInt64) in RoundPlan.rounds(300, seed: seed, faults: Fault.allCases, killsARound: 6) }
        #expect(plan(7) == plan(7))
        #expect(plan(7) != plan(8))
    }

    @Test("every fault comes in every phase before any pair comes again")
    func coverage() {
        let pairs = Fault.allCases.count * Phase.allCases.count
        let rounds = RoundPlan.rounds(pairs, seed: 3, faults: Fault.allCases, killsARound: 1)
        #expect(Set(rounds.map { "\($0.fault)/\($0.phase)" }).count == pairs)
        #expect(rounds.allSatisfy { $0.fault.targets.contains($0.target) })
        #expect(Set(rounds.map(\.seed)).count == pairs)
    }

    @Test("a place is written as the preloaded library reads it")
    func places() {
        let place = FaultPlace(
            .init(name: "sqlite3_step", number: 12, isAfter: false),
            thenStopped: .init(name: "sqlite3_close", number: 1, isAfter: true))
        #expect(place.text == "sqlite3_step:12,sqlite3_close:1+")
    }

    @Test("every phase of both programs has a place")
    func phases() {
        var random = SeededRandom(seed: 1)
        for phase in Phase.allCases {
            for program in [ProgramKind.producer, .archiver] {
                let place = phase.place(in: program, &random)
                #expect(place.first.number >= 1)
                #expect((place.afterStop != nil) == [.draining, .closing].contains(phase))
            }
        }
    }
}
