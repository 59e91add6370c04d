import Pipeline

/// Figures as people read them.
enum Figures {
    /// `12,345,678`
    static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// A rate: one decimal below 100, whole above.
    static func rate(_ value: Double) -> String {
        value < 100 ? decimal(value, 1) : count(Int(value.rounded()))
    }

    /// A number with so many decimals.
    static func decimal(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + "\(scaled)" }
        let fraction = String(scaled % scale)
        return sign + "\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
    }

    /// `1.5 MiB`
    static func bytes(_ value: Int) -> String {
        var amount = Double(value)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if amount < 1024 || unit == "GiB" { return (unit == "B" ? "\(value)" : decimal(amount, 1)) + " " + unit }
            amount /= 1024
        }
        return "\(value) B"
    }

    /// `10.0 s`, `2 min 5 s`
    static func duration(_ value: Duration) -> String {
        let seconds = value / .seconds(1)
        if seconds < 120 { return decimal(seconds, 1) + " s" }
        let whole = Int(seconds.rounded())
        if whole < 7_200 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
    }
}
