/// The words and ranges of a transaction's fields. Indices into these lists stand for the words until they are written.
enum TransactionWords {
    static let regions = ["US-WEST", "US-EAST", "US-CENTRAL", "EU-WEST", "EU-CENTRAL", "APAC"]
    static let statuses = ["SUCCESS", "FAILED", "TIMEOUT", "INSUFFICIENT_FUNDS", "CARD_BLOCKED"]
    static let types = ["WITHDRAWAL", "BALANCE_INQUIRY", "DEPOSIT", "TRANSFER"]
    static let locations = [
        "Downtown Branch", "Mall Center", "Airport Terminal", "University Campus", "Shopping Center", "Bank Branch",
        "Gas Station", "Grocery Store", "Hotel Lobby", "Train Station",
    ]
    static let currencies = ["USD", "EUR", "GBP", "JPY", "CAD"]

    static let statusWeights = [0.85, 0.08, 0.04, 0.02, 0.01]
    static let typeWeights = [0.60, 0.25, 0.10, 0.05]

    /// Amounts in cents, by type.
    static let amounts = [2_000...50_000, 0...0, 5_000...100_000, 10_000...200_000]
    static let users = 10_000...99_999
    static let cards = 1_000...9_999

    /// What an ATM of a region pays out, by region; a currency named twice is twice as likely. The American regions
    /// next to Canada serve some of its towns.
    static let homeCurrencies = [
        ["USD", "USD", "USD", "CAD"], ["USD", "USD", "USD", "CAD"], ["USD"], ["EUR", "EUR", "GBP"], ["EUR"], ["JPY"],
    ].map { region in region.compactMap { currencies.firstIndex(of: $0) } }
}
