/// How often a quantity fell into each of a few fixed ranges, as monitoring systems add such counts up over processes and
/// time. A value; to add to it costs a search among its bounds.
public struct Histogram: Sendable, Hashable {
    /// Bounds for times, from a millisecond to a minute.
    public static let seconds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// Bounds for the records of a batch.
    public static let records: [Double] = [1, 10, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000]

    /// The largest value of each range, ascending; above the last is one range more.
    public let bounds: [Double]
    /// The count of each range, one more than bounds.
    public private(set) var counts: [Int]
    /// The sum of all values.
    public private(set) var sum = 0.0

    /// Makes an empty histogram.
    /// - Parameter bounds: ascending.
    public init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// Number of values.
    public var count: Int { counts.reduce(0, +) }

    /// The mean of all values; 0 of none.
    public var mean: Double { count == 0 ? 0 : sum / Double(count) }

    /// Counts a value in.
    /// - Parameters:
    ///   - value: in the unit of the bounds.
    ///   - times: how often.
    public mutating func add(_ value: Double, times: Int = 1) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += times
        sum += value * Double(times)
    }
}
