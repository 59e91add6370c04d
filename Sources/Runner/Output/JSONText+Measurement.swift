import Pipeline

// Foundation's encoder sorts or shuffles members; a report is read by people too, so the order is ours.
extension JSONText {
    /// A JSON number; null for what JSON cannot say.
    static func number(_ value: Double, places: Int = 3) -> String {
        value.isFinite ? value.decimal(places) : "null"
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
        case .histogram(let histogram):
            "{\"count\":\(histogram.count),\"mean\":\(number(histogram.mean, places: 6))}"
        }
    }
}
