/// Finds the records that a broker refuses among those that came back with its error, by halves: a broker refuses a
/// request as a whole, so good neighbours come back as well. A pure state machine: what was refused in, what to try next
/// out.
///
/// By halves and not one by one, since a request holds ten thousand records and each try is a transaction.
struct RefusalSearch {
    typealias Ticket = DeliveryLedger.Ticket

    private var groups: [[Ticket]] = []
    /// The records that are to blame, with the broker's words.
    private(set) var found: [Ticket: String] = [:]

    /// Begins.
    /// - Parameter suspects: the records that came back, with the broker's words.
    init(_ suspects: [Ticket: String]) {
        divide(suspects)
    }

    /// The records to try together next; nil when all is known.
    mutating func next() -> [Ticket]? { groups.popLast() }

    /// Hears of the records tried last.
    /// - Parameters:
    ///   - refused: those that came back.
    ///   - unsent: those that were not sent any more when others had come back.
    mutating func report(_ refused: [Ticket: String], unsent: [Ticket]) {
        if !unsent.isEmpty { groups.append(unsent) }
        divide(refused)
    }

    private mutating func divide(_ refused: [Ticket: String]) {
        // A request that came back as a whole with one record had no other.
        if refused.count <= 1 {
            found.merge(refused) { first, _ in first }
            return
        }
        let sorted = refused.keys.sorted { ($0.slot, $0.index) < ($1.slot, $1.index) }
        let middle = sorted.count / 2
        groups.append(Array(sorted[..<middle]))
        groups.append(Array(sorted[middle...]))
    }
}
