internal import Pipeline

/// An archive's summary as people read it.
struct SummaryText {
    private let path: String
    private let summary: ArchiveSummary

    init(path: String, _ summary: ArchiveSummary) {
        self.path = path
        self.summary = summary
    }

    /// The whole text.
    var text: String {
        var text = head
        for section in summary.sections { text += shares(section) }
        if let currencies = summary.currencies { text += amounts(currencies) }
        return text + deadLetters + partitions
    }

    private var head: String {
        var lines = [["Archive", path]]
        if let stream = summary.stream { lines.append(["Stream", "\(stream.topic) of \(stream.cluster)"]) }
        lines.append(["Rows", "\(summary.rows.grouped) in \(summary.table)"])
        if let first = summary.firstTime, let last = summary.lastTime {
            lines.append(["From", first])
            lines.append(["To", last])
        }
        lines = lines.map { $0.map(TerminalText.string) }
        let table = AlignedText(header: ["", ""], rows: lines, isRight: [false, false])
        return lines.map { table.line($0) }.joined()
    }

    private func shares(_ section: ArchiveSummary.Section) -> String {
        if section.counts.isOverflowing {
            return "\n\(section.title)\n  more than \(ValueCounts.limit) values\n"
        }
        let rows = section.counts.sorted.map { entry in
            [
                "  " + TerminalText.string(entry.value), entry.count.grouped,
                "\((100 * Double(entry.count) / Double(max(1, summary.rows))).decimal(1)) %",
            ]
        }
        return block(section.title, nil, rows, isRight: [false, true, true])
    }

    private func amounts(_ currencies: ValueCounts) -> String {
        guard !currencies.isOverflowing else { return "" }
        let rows = currencies.entries.sorted { $0.value < $1.value }.map { entry in
            [
                "  " + TerminalText.string(entry.value), entry.summands.grouped, money(entry.sum),
                money(entry.summands == 0 ? 0 : entry.sum / Double(entry.summands)),
            ]
        }
        return block(
            "Successful amounts", ["  currency", "transactions", "sum", "average"], rows,
            isRight: [false, true, true, true])
    }

    private var deadLetters: String {
        guard !summary.deadLetters.isEmpty else { return "\nDead letters  none\n" }
        let rows = summary.deadLetters.map {
            ["  " + TerminalText.string($0.stage), $0.count.grouped, TerminalText.string($0.reason)]
        }
        return block("Dead letters", ["  stage", "count", "reason"], rows, isRight: [false, true, false])
    }

    private var partitions: String {
        let columns = ArchiveSummary.partitionColumns
        var rows = summary.partitions.map { row in
            let generation = row.generation == 0 ? "" : ", generation \(row.generation)"
            return ["  \(row.partition)\(generation)"] + row.values.map(\.grouped)
        }
        if rows.count > 1 {
            // Positions of different partitions have no sum.
            let sums = columns.indices.map { column in
                column < 2 ? "" : summary.partitions.reduce(0) { $0 + $1.values[column] }.grouped
            }
            rows.append(["  all"] + sums)
        }
        let names = columns.map { $0.split(separator: "_").joined(separator: " ") }
        return block(
            "Partitions", ["  partition"] + names, rows, isRight: [false] + columns.map { _ in true })
    }

    private func block(
        _ title: String, _ header: [String]?, _ rows: [[String]], isRight: [Bool]
    ) -> String {
        guard let width = rows.first?.count else { return "" }
        let table = AlignedText(
            header: header ?? [String](repeating: "", count: width), rows: rows, isRight: isRight)
        return "\n\(title)\n" + (header.map { table.line($0) } ?? "") + rows.map { table.line($0) }.joined()
    }

    private func money(_ value: Double) -> String {
        let text = value.decimal(2)
        // The sign by itself: a whole part of -0 has none.
        let digits = text.drop { $0 == "-" }
        guard let point = digits.firstIndex(of: "."), let whole = Int64(digits[..<point]) else { return text }
        return (digits.count < text.count ? "-" : "") + whole.grouped + digits[point...]
    }
}
