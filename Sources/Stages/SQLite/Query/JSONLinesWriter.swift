internal import Pipeline

/// One JSON object a line.
struct JSONLinesWriter: RowWriter {
    private let keys: [String]

    init(_ names: [String]) {
        // `SELECT a.id, b.id` names two columns alike, and an object cannot hold a name twice.
        var counts: [String: Int] = [:]
        keys = names.map { name in
            counts[name, default: 0] += 1
            return JSONText.string(counts[name] == 1 ? name : "\(name)_\(counts[name, default: 0])") + ":"
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
            case .text(let plain): text += JSONText.string(plain)
            case .integer, .real: text += value.plain ?? "null"
            }
        }
        text += "}\n"
    }

    mutating func end(_ text: inout String) {}
}
