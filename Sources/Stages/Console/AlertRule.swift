internal import Pipeline

/// What a transaction is marked for: a status that means trouble, or a high amount.
struct AlertRule: Sendable {
    /// The statuses that raise an alert.
    static let statuses = ["FAILED", "TIMEOUT", "CARD_BLOCKED"]
    /// An amount above this raises an alert, whatever its currency.
    static let highestAmount = 1_000.0

    private let words = WordSet(statuses)

    /// Why a transaction raises an alert, or nil if it does not.
    func reason(status: UnsafeRawBufferPointer?, amount: Double?) -> String? {
        let isStatus = status.map(words.contains(text:)) ?? false
        let isAmount = amount.map { $0 > Self.highestAmount } ?? false
        return switch (isStatus, isAmount) {
        case (true, true): "status, and amount over 1000"
        case (true, false): "status"
        case (false, true): "amount over 1000"
        case (false, false): nil
        }
    }
}
