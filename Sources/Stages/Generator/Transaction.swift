public import Pipeline

/// One transaction with every field of its message: record `index` of a stream, at a time.
public struct Transaction: Sendable, Hashable {
    /// The record's number in its stream.
    public let index: Int64
    /// The stream's part of the id.
    public let streamID: UInt64
    /// The transaction's time.
    public let time: Timestamp
    /// Number of the ATM, from 1.
    public let atm: Int
    /// The amount in hundredths.
    public let cents: Int
    /// Number of the user.
    public let user: Int
    /// Last four digits of the card.
    public let card: Int
    // Indices into TransactionWords: a record is drawn and written without touching a String.
    let region: UInt8
    let status: UInt8
    let type: UInt8
    let location: UInt8
    let currency: UInt8

    /// `transaction_id`: a UUIDv7 in lower case.
    public var transactionID: String { identifier.description }
    /// `atm_id`, which is also the record's key: `ATM-0001`.
    public var atmID: String { "ATM-" + Self.padded(atm, to: 4) }
    /// `region_id`.
    public var regionID: String { TransactionWords.regions[Int(region)] }
    /// `amount` as written: two decimals.
    public var amount: String { "\(cents / 100)." + Self.padded(cents % 100, to: 2) }
    /// `status_code`.
    public var statusCode: String { TransactionWords.statuses[Int(status)] }
    /// `user_id`.
    public var userID: String { "USER-\(user)" }
    /// `card_number`, masked.
    public var cardNumber: String { "****-****-****-\(card)" }
    /// `transaction_type`.
    public var transactionType: String { TransactionWords.types[Int(type)] }
    /// `location`.
    public var locationName: String { TransactionWords.locations[Int(location)] }
    /// `currency`.
    public var currencyCode: String { TransactionWords.currencies[Int(currency)] }
    /// `timestamp`: UTC with microseconds.
    public var timestamp: String { time.rfc3339 }
    /// The id in its parts.
    public var identifier: TransactionIdentifier {
        TransactionIdentifier(milliseconds: time.milliseconds, streamID: streamID, index: index)
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
