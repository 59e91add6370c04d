/// Notices that most records of a minute are dead: then the schema is wrong, and filling the place for dead letters
/// would hide it.
struct DeadShare {
    /// Below so many records in the minute a share says nothing.
    static let minimumRecords = 1_000

    private let limit: Double
    private var windowEnd: Duration = .zero
    private var living = 0
    private var dead = 0

    init(limit: Double) {
        self.limit = limit
    }

    /// Notes a batch.
    /// - Returns: the share of dead records, if it is above the limit.
    mutating func note(living: Int, dead: Int, now: Duration) -> Double? {
        if now >= windowEnd {
            windowEnd = now + .seconds(60)
            self.living = 0
            self.dead = 0
        }
        self.living += living
        self.dead += dead
        let total = self.living + self.dead
        let share = Double(self.dead) / Double(max(1, total))
        return total >= Self.minimumRecords && share > limit ? share : nil
    }
}
