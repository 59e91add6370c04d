/// Actions that wait for their times, in order; those of one time in the order they came.
struct Agenda {
    typealias Action = @Sendable () -> Void

    private struct Entry {
        var time: Duration
        var number: UInt64
        var action: Action
    }

    private var entries: [Entry] = []
    private var last: UInt64 = 0

    /// The time of the next action, or nil where there is none.
    var nextTime: Duration? { entries.first?.time }

    /// Adds an action. Linear in the number of those that wait, of which a pipeline has a handful.
    /// - Returns: the number by which it is known, and whether it is the next now.
    mutating func add(at time: Duration, _ action: @escaping Action) -> (number: UInt64, isNext: Bool) {
        last += 1
        let place = entries.firstIndex { $0.time > time } ?? entries.endIndex
        entries.insert(Entry(time: time, number: last, action: action), at: place)
        return (last, place == 0)
    }

    /// Takes an action back.
    /// - Returns: the action, so that what it holds is let go outside of any lock; nil if it has been taken.
    mutating func remove(_ number: UInt64) -> Action? {
        guard let place = entries.firstIndex(where: { $0.number == number }) else { return nil }
        return entries.remove(at: place).action
    }

    /// Takes the next action if its time has come.
    /// - Parameter now: the time; not asked for where there is no action.
    mutating func takeDue(_ now: @autoclosure () -> Duration) -> Action? {
        guard let first = entries.first, first.time <= now() else { return nil }
        return entries.removeFirst().action
    }
}
