/// Columns of text that stand under each other.
struct AlignedText {
    private let header: [String]
    private let widths: [Int]
    private let isRight: [Bool]

    /// - Parameters:
    ///   - header: the columns' names.
    ///   - rows: rows that the widths are measured by.
    ///   - isRight: for each column whether it ends at the right, as numbers do.
    init(header: [String], rows: [[String]], isRight: [Bool]) {
        self.header = header
        self.isRight = isRight
        widths = header.indices.map { column in
            rows.reduce(header[column].count) { max($0, $1[column].count) }
        }
    }

    /// The names and a line under them.
    var heading: String {
        line(header) + line(widths.map { String(repeating: "─", count: $0) })
    }

    /// One row.
    func line(_ cells: [String]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            let space = String(repeating: " ", count: max(0, widths[column] - cell.count))
            if column > 0 { line += "  " }
            line += isRight[column] ? space + cell : cell + space
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }
}

extension String {
    /// The text with what a terminal would obey written out: control characters, and what turns the direction of text
    /// round. An archive holds what a stranger sent.
    var escapingControls: String {
        let isPlain = utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
        if isPlain { return self }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<" ", "\u{7F}"..."\u{9F}", "\u{200E}", "\u{200F}", "\u{2028}"..."\u{202E}",
                "\u{2066}"..."\u{2069}":
                text += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension BinaryInteger {
    /// The digits in groups of three: 1,234,567.
    var grouped: String {
        let digits = Array("\(magnitude)")
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return self < 0 ? "-" + text : text
    }
}
