/// Durations as text: `90s`, `5m`, `1h30m`, `200ms`, `10us`, `2d`.
public enum DurationText {
    static let second: Int128 = 1_000_000_000_000_000_000
    private static let units: [(name: String, attoseconds: Int128)] = [
        ("d", 86_400 * second), ("h", 3_600 * second), ("m", 60 * second), ("s", second),
        ("ms", second / 1_000), ("us", second / 1_000_000), ("ns", second / 1_000_000_000),
    ]

    /// Reads a duration. Units go from large to small, each at most once; a number may have decimals.
    /// - Parameter text: such as `1h30m`.
    /// - Returns: the duration, exact, or nil if the text is none.
    public static func duration(_ text: String) -> Duration? {
        guard let pairs = UnitText.pairs(text) else { return nil }
        var sum: Int128 = 0
        var next = 0
        for (number, name) in pairs {
            guard let unit = units[next...].firstIndex(where: { $0.name == (name == "µs" ? "us" : name) }),
                case .whole(let attoseconds) = number.times(units[unit].attoseconds)
            else { return nil }
            let (added, overflows) = sum.addingReportingOverflow(attoseconds)
            guard !overflows else { return nil }
            sum = added
            next = unit + 1
        }
        return Duration(attoseconds: sum)
    }

    /// Writes a duration in the largest units that fit: `1h30m`, `1.5s`, `200ms`. ``duration(_:)`` reads it back to the
    /// same value if it is not negative.
    public static func text(_ duration: Duration) -> String {
        var rest = duration.attoseconds
        guard rest != 0 else { return "0s" }
        guard rest > 0 else { return "-" + text(.zero - duration) }
        var text = ""
        for (name, size) in units.prefix(3) where rest >= size {
            text += "\(rest / size)\(name)"
            rest %= size
        }
        guard rest > 0 else { return text }
        // Below a minute one unit with decimals says it; after minutes it must be seconds.
        let unit = text.isEmpty ? units[3...].first { rest >= $0.attoseconds } ?? units[6] : units[3]
        return text + decimal(rest, unit.attoseconds) + unit.name
    }

    private static func decimal(_ value: Int128, _ unit: Int128) -> String {
        var (whole, rest) = value.quotientAndRemainder(dividingBy: unit)
        var text = "\(whole)"
        if rest > 0 { text += "." }
        while rest > 0 {
            (whole, rest) = (rest * 10).quotientAndRemainder(dividingBy: unit)
            text += "\(whole)"
        }
        return text
    }
}
