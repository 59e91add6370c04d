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
