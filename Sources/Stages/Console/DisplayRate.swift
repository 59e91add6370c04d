/// Decides how many of the records that come are shown: events and times in, numbers out.
///
/// A bucket of one second's worth that fills steadily, so that a screenful comes at once and a fast stream is sampled
/// evenly in time. What is left out is told at most once a second.
struct DisplayRate: Sendable {
    private let perSecond: Int
    private var room: Double
    private var last: Duration?
    private var leftOut = 0
    private var lastNotice: Duration?

    /// Makes a rate.
    /// - Parameter perSecond: the most shown in a second; 0 for no bound.
    init(perSecond: Int) {
        self.perSecond = perSecond
        room = Double(perSecond)
    }

    /// Decides about records that come now.
    /// - Parameters:
    ///   - count: how many come.
    ///   - now: the time.
    /// - Returns: how many of them, from the first, are shown.
    mutating func admit(_ count: Int, at now: Duration) -> Int {
        guard perSecond > 0 else { return count }
        if let last {
            room = min(Double(perSecond), room + (now - last) / .seconds(1) * Double(perSecond))
        }
        last = now
        let shown = min(count, Int(room))
        room -= Double(shown)
        leaveOut(count - shown)
        return shown
    }

    /// Counts records that were left out for another reason.
    mutating func leaveOut(_ count: Int) {
        leftOut += count
    }

    /// How many were left out since this was last told, if it is time to tell.
    /// - Parameters:
    ///   - now: the time.
    ///   - isLast: whether it is told now or never.
    /// - Returns: the number; nil if it is none, or less than a second ago.
    mutating func notice(at now: Duration, isLast: Bool = false) -> Int? {
        guard leftOut > 0 else { return nil }
        if !isLast, let lastNotice, now - lastNotice < .seconds(1) { return nil }
        lastNotice = now
        defer { leftOut = 0 }
        return leftOut
    }
}
