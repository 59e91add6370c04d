internal import Pipeline

/// The statistics as a block of text for people.
struct StatisticsText: Sendable {
    let palette: Palette
    /// Whether alerts are counted.
    let showsAlerts: Bool

    private static let labelWidth = 10
    private static let keyWidth = 24
    private static let countWidth = 14

    /// Appends the block with its line breaks.
    /// - Parameters:
    ///   - statistics: what to show.
    ///   - isFinal: whether it is the last of the run.
    ///   - output: what it is appended to.
    func append(_ statistics: Statistics, isFinal: Bool, to output: inout [UInt8]) {
        palette.paint(.quiet, &output) { output in
            output.append(isFinal ? "── Final statistics: " : "── Statistics: ")
            Money.appendInteger(UInt128(statistics.total), isGrouped: true, to: &output)
            output.append(statistics.total == 1 ? " transaction ──" : " transactions ──")
        }
        output.append(UInt8(ascii: "\n"))
        appendSums(statistics, to: &output)
        appendRows("Status", statistics.statuses.rows, of: statistics.total, to: &output)
        appendRows("Type", statistics.types.rows, of: statistics.total, to: &output)
        appendRows("Region", statistics.regions.rows, of: statistics.total, to: &output)
        if showsAlerts { appendAlerts(statistics, to: &output) }
    }

    private func appendSums(_ statistics: Statistics, to output: inout [UInt8]) {
        appendLine("Amount", "successful, in all", to: &output) { output in
            Money.append(statistics.successfulCents, isGrouped: true, to: &output)
        }
        for sum in statistics.currencySums {
            appendLine("", sum.currency, to: &output) { output in
                Money.append(sum.cents, isGrouped: true, to: &output)
            }
        }
        if statistics.roundedAmounts > 0 {
            output +=
                "  \(statistics.roundedAmounts) amounts had more than two decimals and were rounded to the cent\n".utf8
        }
        if statistics.unsummedAmounts > 0 {
            output += "  \(statistics.unsummedAmounts) amounts over 90 trillion are in no sum\n".utf8
        }
    }

    private func appendRows(_ label: StaticString, _ rows: [Tally.Row], of total: Int, to output: inout [UInt8]) {
        for (index, row) in rows.enumerated() {
            appendLine(index == 0 ? label : "", row.key, to: &output) { output in
                appendCount(row.count, of: total, to: &output)
            }
        }
    }

    private func appendAlerts(_ statistics: Statistics, to output: inout [UInt8]) {
        appendLine("Alerts", "", to: &output) { output in
            appendCount(statistics.alerts, of: statistics.total, to: &output)
        }
    }

    private func appendLine(
        _ label: StaticString, _ key: Tally.Key, to output: inout [UInt8], _ value: (inout [UInt8]) -> Void
    ) {
        switch key {
        case .none: appendLine(label, "–", to: &output, value)
        case .others: appendLine(label, "(others)", to: &output, value)
        case .bytes(let bytes):
            var shown: [UInt8] = []
            let used = bytes.withUnsafeBytes { TerminalText.append($0, limit: Self.keyWidth, to: &shown) }
            appendLine(label, shown, columns: used, to: &output, value)
        }
    }

    private func appendLine(
        _ label: StaticString, _ key: String, to output: inout [UInt8], _ value: (inout [UInt8]) -> Void
    ) {
        appendLine(label, Array(key.utf8), columns: key.unicodeScalars.count, to: &output, value)
    }

    // The value stands right-aligned in its first column: a sum ends where a count ends.
    private func appendLine(
        _ label: StaticString, _ key: [UInt8], columns: Int, to output: inout [UInt8], _ value: (inout [UInt8]) -> Void
    ) {
        output.appendSpaces(2)
        output.append(label)
        output.appendSpaces(Self.labelWidth - label.utf8CodeUnitCount)
        output += key
        output.appendSpaces(Self.keyWidth - columns)
        let start = output.count
        value(&output)
        let end = output[start...].firstIndex(of: 0x20) ?? output.endIndex
        let missing = Self.countWidth - (end - start)
        if missing > 0 { output.insert(contentsOf: repeatElement(0x20, count: missing), at: start) }
        output.append(UInt8(ascii: "\n"))
    }

    /// Appends a count and its share, rounded half up to a tenth of a percent.
    private func appendCount(_ count: Int, of total: Int, to output: inout [UInt8]) {
        Money.appendInteger(UInt128(count), isGrouped: true, to: &output)
        guard total > 0 else { return }
        let tenths = (count * 2_000 + total) / (total * 2)
        let whole = tenths / 10
        output.appendSpaces(whole >= 100 ? 2 : whole >= 10 ? 3 : 4)
        Money.appendInteger(UInt128(whole), isGrouped: false, to: &output)
        output.append(UInt8(ascii: "."))
        output.append(0x30 + UInt8(tenths % 10))
        output.append(" %")
    }
}
