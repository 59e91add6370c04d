internal import Pipeline

/// One line a transaction: time, type, amount, status, ATM, region; `!` in front where it raised an alert.
struct CompactFormat: Sendable {
    let palette: Palette
    /// The rule, or nil where alerts are off.
    let alerts: AlertRule?

    /// Appends the line with its line break.
    func append(_ transaction: ShownTransaction, to output: inout [UInt8]) {
        let isAlert = alerts?.reason(status: transaction.bytes(.status), amount: transaction.amount) != nil
        palette.paint(isAlert ? .alert : nil, &output) { $0.append(UInt8(ascii: isAlert ? "!" : " ")) }
        output.append(0x20)
        transaction.appendTime(width: 12, to: &output)
        output.appendSpaces(2)
        transaction.append(.type, width: 15, to: &output)
        output.appendSpaces(2)
        transaction.appendAmount(width: 9, to: &output)
        output.append(0x20)
        transaction.append(.currency, width: 3, to: &output)
        output.appendSpaces(2)
        palette.paint(transaction.statusStyle, &output) { transaction.append(.status, width: 18, to: &$0) }
        output.appendSpaces(2)
        transaction.append(.atm, width: 8, to: &output)
        output.appendSpaces(2)
        transaction.append(.region, width: 10, to: &output)
        // Nothing follows the last column.
        while output.last == 0x20 { output.removeLast() }
        output.append(UInt8(ascii: "\n"))
    }
}
