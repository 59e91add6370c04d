/// Shares of many measurements of one thing, exact: they are kept and sorted.
struct Percentiles: Sendable, Codable, Hashable {
    /// Half of all are not above it.
    var p50: Double
    /// Ninety-nine of a hundred are not above it.
    var p99: Double
    /// The highest.
    var highest: Double

    /// - Parameter values: any number; all figures are 0 for none.
    init(_ values: [Double]) {
        let sorted = values.sorted()
        func value(_ share: Double) -> Double {
            guard !sorted.isEmpty else { return 0 }
            return sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
        }
        p50 = value(0.5)
        p99 = value(0.99)
        highest = value(1)
    }
}
