internal import Pipeline

/// The fields of a transaction that the console reads (README, "The record").
enum TransactionField: Int, Sendable, CaseIterable {
    case transactionID
    case atm
    case region
    case amount
    case status
    case user
    case card
    case type
    case location
    case currency
    case timestamp

    /// The member's name in the JSON object.
    var name: String {
        switch self {
        case .transactionID: "transaction_id"
        case .atm: "atm_id"
        case .region: "region_id"
        case .amount: "amount"
        case .status: "status_code"
        case .user: "user_id"
        case .card: "card_number"
        case .type: "transaction_type"
        case .location: "location"
        case .currency: "currency"
        case .timestamp: "timestamp"
        }
    }
}

/// Where the fields of a transaction stand in one batch's table.
struct TransactionColumns: Sendable {
    private let columns: [Int]

    /// Looks the fields up; once a batch.
    init(_ table: FieldTable) {
        columns = TransactionField.allCases.map { table.column($0.name) ?? -1 }
    }

    /// The column of a field, or nil if no stage asked for it.
    subscript(_ field: TransactionField) -> Int? {
        let column = columns[field.rawValue]
        return column < 0 ? nil : column
    }
}
