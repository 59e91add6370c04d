import Foundation

/// Figures as people read them.
enum Figures {
    /// Rounded to three digits that count, with commas: `940,000`, `1,380`, `12.3`.
    static func count(_ value: Double) -> String {
        guard abs(value) >= 100 else { return significant(value) }
        let scale = pow(10, floor(log10(abs(value))) - 2)
        let digits = String(Int((value / scale).rounded() * scale))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0, text != "-" { text += "," }
            text.append(digit)
        }
        return text
    }

    /// Three digits that count, without exponent: `2.29`, `0.134`, `41.0`.
    static func significant(_ value: Double) -> String {
        guard value != 0 else { return "0" }
        let places = max(0, 2 - Int(floor(log10(abs(value)))))
        return String(format: "%.\(min(places, 6))f", value)
    }

    /// A ratio: `1.56 ×`.
    static func ratio(_ value: Double) -> String {
        String(format: "%.2f ×", value)
    }

    /// A ratio with its ends: `1.56 × (1.41–1.60)`.
    static func ratio(_ spread: Spread) -> String {
        spread.lowest == spread.highest
            ? ratio(spread.median)
            : ratio(spread.median) + String(format: " (%.2f–%.2f)", spread.lowest, spread.highest)
    }

    /// A figure with its ends: `940,000 (929,000–948,000)`.
    static func spread(_ spread: Spread, unit: String = "") -> String {
        let middle = count(spread.median) + unit
        guard spread.lowest != spread.highest else { return middle }
        return middle + " (\(count(spread.lowest))–\(count(spread.highest)))"
    }

    /// `109 MiB`
    static func mebibytes(_ bytes: Int) -> String {
        "\(Int((Double(bytes) / 1_048_576).rounded())) MiB"
    }
}
