internal import Pipeline

/// RFC 4180.
struct CSVWriter: RowWriter {
    private let names: [String]
    private let isForTerminal: Bool

    /// - Parameters:
    ///   - names: the columns.
    ///   - isForTerminal: whether what a terminal might take for a command is written out.
    init(_ names: [String], isForTerminal: Bool) {
        self.names = names
        self.isForTerminal = isForTerminal
    }

    mutating func begin(_ text: inout String) {
        row(names.map { .text($0) }, &text)
    }

    mutating func row(_ values: [QueryValue], _ text: inout String) {
        for (index, value) in values.enumerated() {
            if index > 0 { text += "," }
            text += field(value)
        }
        text += "\r\n"
    }

    mutating func end(_ text: inout String) {}

    private func field(_ value: QueryValue) -> String {
        guard case .text(let exact) = value else { return value.plain ?? "" }
        let plain = isForTerminal ? TerminalText.string(exact) : exact
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
