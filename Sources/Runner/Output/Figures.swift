import Pipeline

/// Figures as people read them.
enum Figures {
    /// A rate: one decimal below 100, whole above.
    static func rate(_ value: Double) -> String {
        value < 100 ? value.decimal(1) : Int(value.rounded()).grouped
    }

    /// `1.5 MiB`
    static func bytes(_ value: Int) -> String {
        var amount = Double(value)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if amount < 1024 || unit == "GiB" { return (unit == "B" ? "\(value)" : amount.decimal(1)) + " " + unit }
            amount /= 1024
        }
        return "\(value) B"
    }

    /// `10.0 s`, `2 min 5 s`
    static func duration(_ value: Duration) -> String {
        let seconds = value / .seconds(1)
        if seconds < 120 { return seconds.decimal(1) + " s" }
        let whole = Int(seconds.rounded())
        if whole < 7_200 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
    }
}
