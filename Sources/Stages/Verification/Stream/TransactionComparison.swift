internal import Pipeline

/// Compares a stored row with the transaction it should be, column by column and byte for byte.
///
/// The bytes are SQLite's own, looked at in place while the statement stands on the row: a string for each of eleven
/// million values would take ten times as long.
struct TransactionComparison {
    private static let words = Words()

    private struct Words {
        let regions = TransactionWords.regions.map { Array($0.utf8) }
        let statuses = TransactionWords.statuses.map { Array($0.utf8) }
        let types = TransactionWords.types.map { Array($0.utf8) }
        let locations = TransactionWords.locations.map { Array($0.utf8) }
        let currencies = TransactionWords.currencies.map { Array($0.utf8) }
        let atm = Array("ATM-".utf8)
        let user = Array("USER-".utf8)
        let card = Array("****-****-****-".utf8)
    }

    /// The fields that are compared and the columns they stand in.
    let fields: [(field: TransactionField, column: Int32)]
    /// Columns that no field of a transaction is known for.
    let unknown: [String]
    private let words = Self.words

    /// - Parameter columns: the declared columns, in the order in which a statement gives them.
    init(_ columns: [StoredArchive.Column]) {
        var fields: [(TransactionField, Int32)] = []
        var unknown: [String] = []
        for (index, column) in columns.enumerated() {
            let field = TransactionField.allCases.first { $0.name == column.name }
            if let field, column.type == (field == .amount ? "REAL" : "TEXT") {
                fields.append((field, Int32(index)))
            } else {
                unknown.append(column.name)
            }
        }
        self.fields = fields
        self.unknown = unknown
    }

    /// The column of a field, or nil if the archive does not store it.
    func column(of field: TransactionField) -> Int32? {
        fields.first { $0.field == field }?.column
    }

    /// Whether all fields are the transaction's, but for id and timestamp, which the proof has read already.
    func isSame(_ row: SQLiteStatement, _ transaction: Transaction) -> Bool {
        fields.allSatisfy { isSame($0.field, row, $0.column, transaction) }
    }

    /// The fields that differ, each with what is there and what should be.
    func differences(_ row: SQLiteStatement, _ transaction: Transaction) -> [String] {
        fields.filter { !isSame($0.field, row, $0.column, transaction) }.map { field, column in
            let found = TerminalText.string(String(row.text(column).prefix(60)))
            return "\(field.name) is \(found), made again \(Self.text(of: field, transaction))"
        }
    }

    private func isSame(
        _ field: TransactionField, _ row: SQLiteStatement, _ column: Int32, _ transaction: Transaction
    ) -> Bool {
        switch field {
        case .transactionID, .timestamp: true
        // The quotient is the double nearest to the decimal, which is what reading its text gives.
        case .amount: row.real(column) == Double(transaction.cents) / 100
        case .atm: isNumber(row.bytes(column), after: words.atm, transaction.atm, digits: 4)
        case .user: isNumber(row.bytes(column), after: words.user, transaction.user, digits: 5)
        case .card: isNumber(row.bytes(column), after: words.card, transaction.card, digits: 4)
        case .region: row.bytes(column).elementsEqual(words.regions[Int(transaction.region)])
        case .status: row.bytes(column).elementsEqual(words.statuses[Int(transaction.status)])
        case .type: row.bytes(column).elementsEqual(words.types[Int(transaction.type)])
        case .location: row.bytes(column).elementsEqual(words.locations[Int(transaction.location)])
        case .currency: row.bytes(column).elementsEqual(words.currencies[Int(transaction.currency)])
        }
    }

    private func isNumber(_ text: UnsafeRawBufferPointer, after prefix: [UInt8], _ number: Int, digits: Int) -> Bool {
        guard text.count == prefix.count + digits, text.starts(with: prefix) else { return false }
        var found = 0
        for byte in text.dropFirst(prefix.count) {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return false }
            found = found * 10 + Int(digit)
        }
        return found == number
    }

    private static func text(of field: TransactionField, _ transaction: Transaction) -> String {
        switch field {
        case .transactionID: transaction.transactionID
        case .atm: transaction.atmID
        case .region: transaction.regionID
        case .amount: transaction.amount
        case .status: transaction.statusCode
        case .user: transaction.userID
        case .card: transaction.cardNumber
        case .type: transaction.transactionType
        case .location: transaction.locationName
        case .currency: transaction.currencyCode
        case .timestamp: transaction.timestamp
        }
    }
}
