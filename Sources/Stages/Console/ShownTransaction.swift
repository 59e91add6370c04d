internal import Pipeline

/// The fields of one transaction as text for people; what is missing reads `–`.
struct ShownTransaction {
    private static let good = WordSet(["SUCCESS"])
    private static let alerting = WordSet(AlertRule.statuses)

    private let cells: FieldCells
    private let columns: TransactionColumns
    private let row: Int

    /// - Parameter record: a record of the batch that lent the cells.
    init(_ record: Record, cells: FieldCells, columns: TransactionColumns) {
        self.cells = cells
        self.columns = columns
        row = Int(record.row) * cells.width
    }

    /// The bytes of a text field.
    func bytes(_ field: TransactionField) -> UnsafeRawBufferPointer? {
        columns[field].flatMap { cells.text(row + $0) }
    }

    /// The amount.
    var amount: Double? { columns[.amount].flatMap { cells.number(row + $0) } }

    /// Appends a field, padded to a width with spaces behind.
    func append(_ field: TransactionField, width: Int, to output: inout [UInt8]) {
        var used = 0
        if let bytes = bytes(field) {
            used = TerminalText.append(bytes, limit: max(width, 1), to: &output)
        } else {
            used = appendOther(field, to: &output)
        }
        output.appendSpaces(width - used)
    }

    /// Appends the amount, padded to a width with spaces in front. With two decimals where that says it exactly, else
    /// with all it has.
    /// - Returns: the columns it takes, padding included.
    @discardableResult
    func appendAmount(width: Int, to output: inout [UInt8]) -> Int {
        let start = output.count
        var used = 0
        if let amount, let money = Money(amount), money.isExact {
            used = Money.append(Int128(money.cents), isGrouped: false, to: &output)
        } else if let bytes = bytes(.amount) {
            // Not a number, yet what the record says.
            used = TerminalText.append(bytes, limit: 24, to: &output)
        } else {
            used = appendOther(.amount, to: &output)
        }
        if used < width { output.insert(contentsOf: repeatElement(0x20, count: width - used), at: start) }
        return max(width, used)
    }

    /// Appends the time of day with milliseconds of an ISO 8601 timestamp; a timestamp of another form as it is.
    func appendTime(width: Int, to output: inout [UInt8]) {
        guard let bytes = bytes(.timestamp), bytes.count >= 19, bytes[10] == UInt8(ascii: "T"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":")
        else { return append(.timestamp, width: width, to: &output) }
        let end = bytes.count > 23 && bytes[19] == UInt8(ascii: ".") ? 23 : 19
        let time = UnsafeRawBufferPointer(rebasing: bytes[11..<end])
        let used = TerminalText.append(time, limit: width, to: &output)
        output.appendSpaces(width - used)
    }

    /// The style of the status.
    var statusStyle: Palette.Style {
        guard let status = bytes(.status) else { return .odd }
        return Self.good.contains(text: status) ? .good : Self.alerting.contains(text: status) ? .alert : .odd
    }

    private func appendOther(_ field: TransactionField, to output: inout [UInt8]) -> Int {
        guard let column = columns[field] else {
            output.append("–")
            return 1
        }
        let text: String =
            switch cells.kind(row + column) {
            case .boolean: cells.isTrue(row + column) ? "true" : "false"
            case .integer, .real: "\(cells.number(row + column) ?? 0)"
            case .composite: "{…}"
            case .null: "null"
            case .missing, .text, .unescapedText: "–"
            }
        output += text.utf8
        return text.unicodeScalars.count
    }
}

extension [UInt8] {
    /// Appends spaces; none for a negative number.
    mutating func appendSpaces(_ count: Int) {
        if count > 0 { append(contentsOf: repeatElement(0x20, count: count)) }
    }

    /// Appends words of our own. A `StaticString`, whose bytes need no `String` to be read.
    mutating func append(_ words: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: words.utf8Start, count: words.utf8CodeUnitCount))
    }
}
