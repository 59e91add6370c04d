/// The fields of a transaction's message, in its order.
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
