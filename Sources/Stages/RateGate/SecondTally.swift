/// Counts records by the second and remembers the complete second that was furthest from its target.
struct SecondTally: Sendable {
    /// A complete second.
    struct Second: Sendable, Hashable {
        /// From 0, counted from the start.
        var number: Int64
        /// Records that passed in it.
        var records: Int64
        /// Records that were due in it.
        var target: Int64

        /// Records too many, or too few if below 0.
        var deviation: Int64 { records - target }
    }

    private var number: Int64 = 0
    private var records: Int64 = 0
    /// The worst so far, nil before the first second is complete.
    private(set) var worst: Second?

    /// Counts records; whole seconds before this one are complete then.
    /// - Parameters:
    ///   - count: how many, or 0 to say that time has passed.
    ///   - second: the second they pass in.
    ///   - target: how many are due in a second.
    mutating func add(_ count: Int, inSecond second: Int64, target: (Int64) -> Int64) {
        while number < second {
            let complete = Second(number: number, records: records, target: target(number))
            if worst.map({ abs($0.deviation) < abs(complete.deviation) }) ?? true { worst = complete }
            number += 1
            records = 0
        }
        records += Int64(count)
    }
}
