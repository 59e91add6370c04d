/// How long commits took: counts in buckets that are an eighth of an octave wide, so a percentile is right to 9 %.
struct CommitTimes: Sendable {
    private var buckets = [Int](repeating: 0, count: 40 * 8)
    private var count = 0

    /// Counts one. Constant.
    mutating func add(_ duration: Duration) {
        let microseconds = max(1, UInt64(duration / .microseconds(1)))
        let octave = 63 - microseconds.leadingZeroBitCount
        let eighth =
            octave >= 3 ? Int(microseconds >> UInt64(octave - 3)) & 7 : Int(microseconds << UInt64(3 - octave)) & 7
        buckets[min(octave * 8 + eighth, buckets.count - 1)] += 1
        count += 1
    }

    /// The time within which 99 of 100 commits were done, in milliseconds; nil before the first.
    var p99Milliseconds: Double? {
        guard count > 0 else { return nil }
        var rest = Int((Double(count) * 0.99).rounded(.up))
        for (index, bucket) in buckets.enumerated() {
            rest -= bucket
            if rest <= 0 {
                let upper = Double(1 << (index / 8)) * (1 + Double(index % 8 + 1) / 8)
                return upper / 1_000
            }
        }
        return nil
    }
}
