import Pipeline

/// Writes JSON. Foundation's encoder sorts or shuffles members; a report is read by people too, so the order is ours.
enum JSONText {
    /// A JSON string with quotes.
    static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A JSON number; null for what JSON cannot say.
    static func number(_ value: Double, places: Int = 3) -> String {
        value.isFinite ? Figures.decimal(value, places) : "null"
    }

    /// A measurement's value.
    static func value(_ value: Measurement.Value) -> String {
        switch value {
        case .integer(let value): "\(value)"
        case .number(let value): number(value)
        case .text(let text): string(text)
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\(string($0.key)):\(self.value($0.value))" }
                .joined(separator: ",") + "}"
        }
    }
}
