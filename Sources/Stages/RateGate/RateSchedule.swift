/// When each record of a paced stream is due: slot k at k / rate after the start. A pure value; elapsed times come in.
///
/// Each time is computed from k itself in whole numbers, so nothing adds up: after a day the schedule is as exact as in
/// its first second. Fixed windows, the usual way, burst at their edges and drift by what each wake-up is late.
struct RateSchedule: Sendable {
    /// How the records of a second lie in it.
    enum Spread: Sendable {
        /// Evenly.
        case even
        /// All at its start.
        case perSecond
    }

    private static let nanosecondsTimesMillion: UInt128 = 1_000_000_000_000_000
    // Batches are what is due within this time, or one record. A longer one makes records late, a shorter one wakes the
    // processor more often than a hop of a batch is worth.
    private static let tick: UInt128 = 1_000_000

    /// Records in a million seconds: the rate as a whole number, which 7.3 a second is not as a Double.
    private let rate: UInt128
    private let spread: Spread
    /// How late a slot may be filled.
    private let bound: Int64
    /// Records that have passed.
    private(set) var passed: Int64 = 0
    /// Slots that were not filled within the bound.
    private(set) var givenUp: Int64 = 0

    /// Makes a schedule.
    /// - Parameters:
    ///   - rate: records a second, from 0.1 to 1,000,000; kept to a millionth.
    ///   - spread: how the records of a second lie in it.
    ///   - catchUp: how late a slot may be filled; at least the time between two slots, so that the newest never lapses.
    init(rate: Double, spread: Spread, catchUp: Duration) {
        self.rate = UInt128((rate * 1_000_000).rounded())
        self.spread = spread
        let interval = spread == .even ? Int64(Self.nanosecondsTimesMillion / self.rate) + 1 : 1_000_000_000
        bound = max(catchUp.nanoseconds, interval)
    }

    /// The first slot that is neither filled nor given up.
    var nextSlot: Int64 { passed + givenUp }

    /// How many records make a batch worth waking up for.
    var batch: Int { max(1, Int(rate * Self.tick / Self.nanosecondsTimesMillion)) }

    /// How many slots are due and open; gives up those that are older than the bound.
    /// - Parameter elapsed: time since the start.
    mutating func due(at elapsed: Duration) -> Int64 {
        let now = elapsed.nanoseconds
        givenUp += max(0, slots(dueAt: now - bound - 1) - nextSlot)
        return max(0, slots(dueAt: now) - nextSlot)
    }

    /// When so many open slots will be due.
    /// - Parameter count: at least 1.
    /// - Returns: time since the start.
    func time(untilDue count: Int) -> Duration {
        .nanoseconds(time(of: nextSlot + Int64(count) - 1))
    }

    /// Fills slots with records that pass.
    /// - Parameters:
    ///   - count: how many.
    ///   - elapsed: when, since the start.
    ///   - note: hears how late each is, in nanoseconds; 0 for one ahead of its time.
    mutating func pass(_ count: Int, at elapsed: Duration, _ note: (Int64) -> Void) {
        guard count > 0 else { return }
        let now = elapsed.nanoseconds
        // From slot to slot by the exact fraction: a division of 128 bits for each record would cost more than the rest.
        let rate = UInt64(rate)
        let step = UInt64(Self.nanosecondsTimesMillion).quotientAndRemainder(dividingBy: rate)
        let first = (UInt128(nextSlot) * Self.nanosecondsTimesMillion).quotientAndRemainder(dividingBy: self.rate)
        var time = Int64(first.quotient)
        var remainder = UInt64(first.remainder)
        for _ in 0..<count {
            let due = spread == .even ? time : time / 1_000_000_000 * 1_000_000_000
            note(max(0, now - due))
            time += Int64(step.quotient)
            remainder += step.remainder
            if remainder >= rate {
                remainder -= rate
                time += 1
            }
        }
        passed += Int64(count)
    }

    /// How many slots lie in a second.
    /// - Parameter second: from 0, counted from the start.
    func slots(inSecond second: Int64) -> Int64 {
        slots(beforeSecond: second + 1) - slots(beforeSecond: second)
    }

    private func slots(beforeSecond second: Int64) -> Int64 {
        Int64((UInt128(second) * rate + 999_999) / 1_000_000)
    }

    private func slots(dueAt nanoseconds: Int64) -> Int64 {
        guard nanoseconds >= 0 else { return 0 }
        return switch spread {
        case .even: Int64(UInt128(nanoseconds) * rate / Self.nanosecondsTimesMillion) + 1
        case .perSecond: slots(beforeSecond: nanoseconds / 1_000_000_000 + 1)
        }
    }

    private func time(of slot: Int64) -> Int64 {
        switch spread {
        // Rounded up, so that the slot is due at that very nanosecond and no second sleep is needed.
        case .even: Int64((UInt128(slot) * Self.nanosecondsTimesMillion + rate - 1) / rate)
        case .perSecond: Int64(UInt128(slot) * 1_000_000 / rate) * 1_000_000_000
        }
    }
}

extension Duration {
    /// Whole nanoseconds, rounded down; exact for 292 years.
    var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
