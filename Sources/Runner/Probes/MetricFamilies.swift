import Pipeline

/// Samples gathered under their metric's name, as the text format wants them: all of one metric together, after its help
/// and type.
struct MetricFamilies {
    /// What a value means.
    enum Kind: String {
        case counter, gauge, histogram
    }

    private struct Family {
        var help: String
        var kind: Kind
        var lines: [String] = []
    }

    private var names: [String] = []
    private var families: [String: Family] = [:]

    /// Adds a sample. The first one of a metric settles its kind; one of another kind is left out.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ labels: [String: String], _ value: Double) {
        add(["\(name)\(Self.text(labels)) \(Self.text(value))"], to: name, kind, help)
    }

    /// Adds a histogram's samples.
    mutating func add(_ name: String, _ help: String, _ labels: [String: String], _ histogram: Histogram) {
        var lines: [String] = []
        var count = 0
        for (bound, inRange) in zip(histogram.bounds.map(Self.text) + ["+Inf"], histogram.counts) {
            count += inRange
            lines.append("\(name)_bucket\(Self.text(labels.merging(["le": bound]) { $1 })) \(count)")
        }
        lines.append("\(name)_sum\(Self.text(labels)) \(Self.text(histogram.sum))")
        lines.append("\(name)_count\(Self.text(labels)) \(count)")
        add(lines, to: name, .histogram, help)
    }

    private mutating func add(_ lines: [String], to name: String, _ kind: Kind, _ help: String) {
        if families[name] == nil {
            names.append(name)
            families[name] = Family(help: help, kind: kind)
        }
        if families[name]?.kind == kind { families[name]?.lines += lines }
    }

    /// The page.
    var text: String {
        names.compactMap { name in
            families[name].map { family in
                "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.kind.rawValue)\n"
                    + family.lines.joined(separator: "\n") + "\n"
            }
        }.joined()
    }

    private static func text(_ labels: [String: String]) -> String {
        if labels.isEmpty { return "" }
        let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }
        return "{\(pairs.joined(separator: ","))}"
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for character in value {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
        return text
    }

    private static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
