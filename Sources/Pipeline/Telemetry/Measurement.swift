/// A value that a stage shows: on the live line, in the log and in the report.
public struct Measurement: Sendable, Hashable {
    /// The value itself.
    public enum Value: Sendable, Hashable {
        /// A count.
        case integer(Int64)
        /// A quantity.
        case number(Double)
        /// Words.
        case text(String)
        /// Members by name.
        case object([String: Value])
        /// Many values, for monitoring; a report shows how many and their mean.
        case histogram(Histogram)
    }

    /// Names that a stage's part of the report has already; no measurement has one of them.
    public static let reservedNames: Set<String> = [
        "name", "type", "kind", "in", "out", "dropped", "dead", "returned", "pending", "held_others_back_seconds",
    ]

    /// The name it has in the report: lower case with underscores, the unit at the end; none of ``reservedNames``.
    public var name: String
    /// The value.
    public var value: Value
    /// How it reads on the live line (`"12 s left"`), or nil if it is for the report alone.
    public var live: String?
    /// Whether the value is a count that only grows while the stage lives.
    public var isTotal = false

    /// Makes a measurement.
    /// - Parameters:
    ///   - name: the name in the report.
    ///   - value: the value.
    ///   - live: how it reads on the live line, or nil.
    public init(_ name: String, _ value: Value, live: String? = nil) {
        self.name = name
        self.value = value
        self.live = live
    }

    /// Makes a measurement that only grows.
    /// - Parameters:
    ///   - name: the name in the report.
    ///   - count: the count so far.
    ///   - live: how it reads on the live line, or nil.
    public static func total(_ name: String, _ count: Int64, live: String? = nil) -> Measurement {
        var measurement = Measurement(name, .integer(count), live: live)
        measurement.isTotal = true
        return measurement
    }
}
