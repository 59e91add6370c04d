internal import Pipeline

/// Aligned columns: the first rows decide the widths, the rest streams.
struct TableWriter: RowWriter {
    /// Rows kept back to find the widths.
    static let sample = 1_000

    private let names: [String]
    private var kept: [[QueryValue]] = []
    private var table: AlignedText?
    private var count = 0

    init(_ names: [String]) {
        self.names = names
    }

    mutating func begin(_ text: inout String) {}

    mutating func row(_ values: [QueryValue], _ text: inout String) {
        count += 1
        if let table {
            text += table.line(values.map(Self.cell))
            return
        }
        kept.append(values)
        if kept.count == Self.sample { release(&text) }
    }

    mutating func end(_ text: inout String) {
        if table == nil { release(&text) }
        text += count == 1 ? "(1 row)\n" : "(\(count.grouped) rows)\n"
    }

    private mutating func release(_ text: inout String) {
        let isNumeric = names.indices.map { column in
            kept.contains { $0[column].isNumber } && kept.allSatisfy { $0[column].isNumber || $0[column] == .null }
        }
        let cells = kept.map { $0.map(Self.cell) }
        let made = AlignedText(header: names.map(TerminalText.string), rows: cells, isRight: isNumeric)
        text += made.heading
        for row in cells { text += made.line(row) }
        table = made
        kept = []
    }

    private static func cell(_ value: QueryValue) -> String {
        value.plain.map(TerminalText.string) ?? "null"
    }
}
