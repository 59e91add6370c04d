/// The constant parts of a message between its variable digits, each padded to a fixed width, the least that holds it,
/// so that it is written with one store whatever its length.
///
/// A message is: opening with the id's first digits · index digits · beforeATM · ATM · region · amount · status · user
/// · beforeCard · card · type · place · second ·
/// microsecond · closing.
struct TransactionText: Sendable {
    /// One part.
    struct Fragment<Bytes: SIMD & Sendable>: Sendable where Bytes.Scalar == UInt8 {
        let bytes: Bytes
        let length: Int

        init(_ text: String) {
            let utf8 = Array(text.utf8)
            precondition(utf8.count <= Bytes.scalarCount, "a fragment is wider than its store")
            var bytes = Bytes(repeating: 0)
            for (index, byte) in utf8.enumerated() { bytes[index] = byte }
            self.bytes = bytes
            length = utf8.count
        }
    }

    typealias Short = Fragment<SIMD16<UInt8>>
    typealias Middle = Fragment<SIMD32<UInt8>>
    typealias Long = Fragment<SIMD64<UInt8>>

    static let opening = #"{"transaction_id":""#

    let beforeATM = Short(#"","atm_id":"ATM-"#)
    let beforeCard = Middle(#"","card_number":"****-****-****-"#)
    let regions = TransactionWords.regions.map { Long(#"","region_id":"\#($0)","amount":"#) }
    let statuses = TransactionWords.statuses.map { Long(#","status_code":"\#($0)","user_id":"USER-"#) }
    let types = TransactionWords.types.map { Long(#"","transaction_type":"\#($0)","location":""#) }
    let closing = Short(#"Z"}"#)
    /// By location, then currency.
    let places = TransactionWords.locations.flatMap { location in
        TransactionWords.currencies.map { Long(#"\#(location)","currency":"\#($0)","timestamp":""#) }
    }

    /// The most bytes a message has.
    var longest: Int {
        let lists = [regions, statuses, types, places].map { $0.map(\.length).max() ?? 0 }
        let parts = lists.reduce(beforeATM.length + beforeCard.length + closing.length, +)
        let digits = 4 + 7 + 5 + 4
        return Self.opening.utf8.count + 36 + parts + digits + 26
    }
}
