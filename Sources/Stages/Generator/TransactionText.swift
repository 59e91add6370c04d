/// The constant parts of a message between its variable digits, each padded to 64 bytes so that it is written with one
/// store of fixed width whatever its length.
///
/// A message is: opening with the id's first digits · index digits · beforeATM · ATM · region · amount · status · user
/// · beforeCard · card · type · place · second ·
/// microsecond · closing.
struct TransactionText: Sendable {
    /// One part.
    struct Fragment: Sendable {
        let bytes: SIMD64<UInt8>
        let length: Int

        init(_ text: String) {
            let utf8 = Array(text.utf8)
            precondition(utf8.count <= 64, "a fragment has at most 64 bytes")
            var bytes = SIMD64<UInt8>(repeating: 0)
            for (index, byte) in utf8.enumerated() { bytes[index] = byte }
            self.bytes = bytes
            length = utf8.count
        }
    }

    static let opening = #"{"transaction_id":""#

    let beforeATM = Fragment(#"","atm_id":"ATM-"#)
    let beforeCard = Fragment(#"","card_number":"****-****-****-"#)
    let regions = TransactionWords.regions.map { Fragment(#"","region_id":"\#($0)","amount":"#) }
    let statuses = TransactionWords.statuses.map { Fragment(#","status_code":"\#($0)","user_id":"USER-"#) }
    let types = TransactionWords.types.map { Fragment(#"","transaction_type":"\#($0)","location":""#) }
    let closing = Fragment(#"Z"}"#)
    /// By location, then currency.
    let places = TransactionWords.locations.flatMap { location in
        TransactionWords.currencies.map { Fragment(#"\#(location)","currency":"\#($0)","timestamp":""#) }
    }

    /// The most bytes a message has.
    var longest: Int {
        let lists = [regions, statuses, types, places].map { $0.map(\.length).max() ?? 0 }
        let parts = lists.reduce(beforeATM.length + beforeCard.length + closing.length, +)
        let digits = 4 + 7 + 5 + 4
        return Self.opening.utf8.count + 36 + parts + digits + 26
    }
}
