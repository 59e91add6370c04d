/// One JSON object a line.
struct JSONLinesWriter: RowWriter {
    private let keys: [String]

    init(_ names: [String]) {
        // `SELECT a.id, b.id` names two columns alike, and an object cannot hold a name twice.
        var counts: [String: Int] = [:]
        keys = names.map { name in
            counts[name, default: 0] += 1
            return Self.quoted(counts[name] == 1 ? name : "\(name)_\(counts[name, default: 0])") + ":"
        }
    }

    mutating func begin(_ text: inout String) {}

    mutating func row(_ values: [QueryValue], _ text: inout String) {
        text += "{"
        for (index, value) in values.enumerated() {
            if index > 0 { text += "," }
            text += keys[index]
            switch value {
            case .null: text += "null"
            // JSON has no infinity, which an overflowing sum gives.
            case .real(let number) where !number.isFinite: text += "null"
            case .text(let plain): text += Self.quoted(plain)
            case .integer, .real: text += value.plain ?? "null"
            }
        }
        text += "}\n"
    }

    mutating func end(_ text: inout String) {}

    private static func quoted(_ plain: String) -> String {
        var text = "\""
        for scalar in plain.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
