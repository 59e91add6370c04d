/// A point of wall-clock time in microseconds since 1970-01-01T00:00:00Z.
///
/// An integer, not a `Date`: it is compared, stored in every record and printed with all six digits, and a
/// `Double` of seconds no longer tells neighbouring microseconds apart after arithmetic.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since the epoch; negative before 1970.
    public var microseconds: Int64

    /// Makes a timestamp.
    /// - Parameter microseconds: microseconds since the epoch.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Makes a timestamp from Kafka's unit.
    /// - Parameter milliseconds: milliseconds since the epoch. What a client has written is anything (nanoseconds, as a
    ///   rule): beyond the year 290,000 it is taken for the last time there is.
    public init(milliseconds: Int64) {
        let (product, isTooFar) = milliseconds.multipliedReportingOverflow(by: 1_000)
        self.microseconds = isTooFar ? (milliseconds < 0 ? .min : .max) : product
    }

    /// Milliseconds since the epoch, rounded down.
    public var milliseconds: Int64 {
        microseconds.flooredQuotient(1_000)
    }

    /// Orders timestamps in time.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }
}

extension Int64 {
    /// Rounded down, where `/` rounds towards zero. For a positive divisor.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
