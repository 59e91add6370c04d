/// RFC 4180.
struct CSVWriter: RowWriter {
    private let names: [String]

    init(_ names: [String]) {
        self.names = names
    }

    mutating func begin(_ text: inout String) {
        row(names.map { .text($0) }, &text)
    }

    mutating func row(_ values: [QueryValue], _ text: inout String) {
        for (index, value) in values.enumerated() {
            if index > 0 { text += "," }
            text += Self.field(value)
        }
        text += "\r\n"
    }

    mutating func end(_ text: inout String) {}

    private static func field(_ value: QueryValue) -> String {
        guard case .text(let plain) = value else { return value.plain ?? "" }
        let special: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13]
        guard plain.isEmpty || plain.utf8.contains(where: special.contains) else { return plain }
        var quoted = "\""
        for scalar in plain.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
