internal import Pipeline

/// A boxed block a transaction, a field a line.
struct DetailedFormat: Sendable {
    let palette: Palette
    /// The rule, or nil where alerts are off.
    let alerts: AlertRule?

    private static let labelWidth = 13
    private static let valueWidth = 45
    private static let top = border("┌", "┐")
    private static let bottom = border("└", "┘")

    /// Appends the block with its line breaks.
    func append(_ transaction: ShownTransaction, to output: inout [UInt8]) {
        output += Self.top
        appendLine("Transaction", .transactionID, transaction, to: &output)
        appendLine("Time", .timestamp, transaction, to: &output)
        appendLine("Type", .type, transaction, to: &output)
        appendAmount(transaction, to: &output)
        appendLine("Status", .status, transaction, style: transaction.statusStyle, to: &output)
        appendLine("ATM", .atm, transaction, to: &output)
        appendLine("Location", .location, transaction, to: &output)
        appendLine("Region", .region, transaction, to: &output)
        appendLine("User", .user, transaction, to: &output)
        appendLine("Card", .card, transaction, to: &output)
        if let reason = alerts?.reason(status: transaction.bytes(.status), amount: transaction.amount) {
            appendLine("ALERT", to: &output) { output in
                palette.paint(.alert, &output) {
                    $0 += reason.utf8
                    $0.appendSpaces(Self.valueWidth - reason.utf8.count)
                }
            }
        }
        output += Self.bottom
    }

    private static func border(_ left: String, _ right: String) -> [UInt8] {
        Array((left + String(repeating: "─", count: labelWidth + valueWidth + 2) + right + "\n").utf8)
    }

    private func appendLine(
        _ label: StaticString, _ field: TransactionField, _ transaction: ShownTransaction, style: Palette.Style? = nil,
        to output: inout [UInt8]
    ) {
        appendLine(label, to: &output) { output in
            palette.paint(style, &output) { transaction.append(field, width: Self.valueWidth, to: &$0) }
        }
    }

    private func appendAmount(_ transaction: ShownTransaction, to output: inout [UInt8]) {
        appendLine("Amount", to: &output) { output in
            let used = transaction.appendAmount(width: 0, to: &output) + 1
            output.append(0x20)
            transaction.append(.currency, width: Self.valueWidth - used, to: &output)
        }
    }

    private func appendLine(_ label: StaticString, to output: inout [UInt8], _ value: (inout [UInt8]) -> Void) {
        output.append("│ ")
        output.append(label)
        output.appendSpaces(Self.labelWidth - label.utf8CodeUnitCount)
        value(&output)
        output.append(" │\n")
    }
}
