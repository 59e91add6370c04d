internal import Pipeline

/// Counts durations in buckets whose width grows with the value: exact below 64 ns, within 3 % above, up to 39 hours
/// in 11 KB whatever the number of records. Keeping a sample instead would lose the maximum that matters.
struct LagHistogram: Sendable {
    // 32 buckets for each power of two.
    private static let precision = 5
    private static let largest: Int64 = 1 << 47 - 1
    private var counts = [UInt64](repeating: 0, count: index(of: largest) + 1)
    /// How many were counted.
    private(set) var total: UInt64 = 0
    /// The longest, exact.
    private(set) var maximum: Int64 = 0

    /// Counts one.
    /// - Parameter nanoseconds: at least 0; above 39 hours counted as that.
    mutating func add(_ nanoseconds: Int64) {
        counts[Self.index(of: min(nanoseconds, Self.largest))] &+= 1
        total &+= 1
        maximum = max(maximum, nanoseconds)
    }

    /// The duration that this share of all does not exceed, rounded up to its bucket's end. Linear in the buckets.
    /// - Parameter share: 0 to 1.
    /// - Returns: nanoseconds; 0 if nothing was counted.
    func quantile(_ share: Double) -> Int64 {
        let rank = max(1, UInt64((share * Double(total)).rounded(.up)))
        var seen: UInt64 = 0
        for (index, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return min(Self.upperEnd(of: index), maximum) }
        }
        return maximum
    }

    /// The counts in the ranges that monitoring uses; a value counts as its bucket's end. Linear in the buckets.
    var distribution: Histogram {
        var histogram = Histogram(bounds: Histogram.seconds)
        for (index, count) in counts.enumerated() where count > 0 {
            histogram.add(Double(Self.upperEnd(of: index)) / 1_000_000_000, times: Int(count))
        }
        return histogram
    }

    private static func index(of value: Int64) -> Int {
        let octave = max(0, 63 - precision - (value | 1).leadingZeroBitCount)
        return octave << precision + Int(value >> Int64(octave))
    }

    private static func upperEnd(of index: Int) -> Int64 {
        let octave = max(0, index >> precision - 1)
        return (Int64(index - octave << precision) + 1) << Int64(octave) - 1
    }
}
