/// The middle and the ends of several measurements of one thing. Not mean and deviation: on a machine that others use
/// too, single rounds are far off, and a median forgets them.
struct Spread: Sendable, Codable, Hashable {
    /// The value in the middle, or the mean of the two there.
    var median: Double
    /// The lowest.
    var lowest: Double
    /// The highest.
    var highest: Double

    /// - Parameter values: at least one.
    init(_ values: [Double]) {
        precondition(!values.isEmpty, "the spread of nothing")
        let sorted = values.sorted()
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        lowest = sorted[0]
        highest = sorted[sorted.count - 1]
    }

    /// Second to first, pair by pair: neighbours in time share the state of machine and broker, so their ratio is
    /// steadier than that of two medians.
    /// - Parameters:
    ///   - values: what is compared.
    ///   - reference: what it is compared with; as many.
    init(of values: [Double], to reference: [Double]) {
        precondition(values.count == reference.count, "pairs of unequal length")
        self.init(zip(values, reference).map { $0 / $1 })
    }
}
