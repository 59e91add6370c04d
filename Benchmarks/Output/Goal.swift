/// A figure that is to be reached, and whether it was.
struct Goal: Sendable, Codable, Hashable {
    /// What is measured.
    var what: String
    /// What was measured.
    var figure: Double
    /// The bound.
    var bound: Double
    /// Whether the figure must not be below the bound; else it must not be above.
    var isLeast: Bool

    /// A figure that must not be below a bound.
    static func atLeast(_ bound: Double, _ what: String, _ figure: Double) -> Goal {
        Goal(what: what, figure: figure, bound: bound, isLeast: true)
    }

    /// A figure that must not be above a bound.
    static func atMost(_ bound: Double, _ what: String, _ figure: Double) -> Goal {
        Goal(what: what, figure: figure, bound: bound, isLeast: false)
    }

    /// Whether it was reached.
    var isMet: Bool { isLeast ? figure >= bound : figure <= bound }

    /// One line.
    var text: String {
        "\(isMet ? "met   " : "MISSED") \(what): \(Figures.count(figure)), to be \(isLeast ? "≥" : "≤") "
            + Figures.count(bound)
    }
}
