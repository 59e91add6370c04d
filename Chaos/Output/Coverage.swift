import Driving
import Foundation

/// What a session's rounds add up to.
struct Coverage {
    /// The rounds.
    let outcomes: [RoundOutcome]

    /// Faults that were put where they were meant to be.
    var faults: Int { outcomes.reduce(0) { $0 + $1.faults } }
    /// Processes killed.
    var kills: Int { outcomes.reduce(0) { $0 + $1.kills } }
    /// Rounds that failed.
    var failures: [RoundOutcome] { outcomes.filter { $0.failure != nil } }

    /// A row for each fault, a column for each phase: how often it was put there.
    var table: Table {
        var table = Table(
            head: ["fault"] + Phase.allCases.map(\.rawValue) + ["recovery: median, longest", "lost", "doubled"])
        for fault in Fault.allCases {
            let rounds = outcomes.filter { $0.plan.fault == fault }
            if rounds.isEmpty { continue }
            let recoveries = rounds.flatMap(\.recoveries).sorted()
            let times =
                recoveries.isEmpty
                ? "–" : String(format: "%.2f s, %.1f s", recoveries[recoveries.count / 2], recoveries.last ?? 0)
            table.rows.append(
                [fault.rawValue]
                    + Phase.allCases.map { phase in
                        "\(rounds.filter { $0.plan.phase == phase }.reduce(0) { $0 + $1.faults })"
                    }
                    + [
                        times, "\(rounds.reduce(0) { $0 + max(0, $1.lost) })",
                        "\(rounds.reduce(0) { $0 + $1.doubled })",
                    ])
        }
        return table
    }

    /// One line.
    /// - Parameters:
    ///   - seed: the session's.
    ///   - earlier: how many of the rounds are of earlier sessions.
    func summary(seed: UInt64, earlier: Int = 0) -> String {
        let others = earlier > 0 ? ", \(earlier) of them of earlier sessions" : ""
        let zombies = outcomes.compactMap(\.zombieCode).filter { $0 == 76 }.count
        return
            "\(outcomes.count) rounds of seed \(seed)\(others): \(faults) faults, \(kills) processes killed, \(zombies) zombies "
            + "fenced, \(failures.count) rounds failed."
    }
}
