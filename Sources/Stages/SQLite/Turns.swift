/// Lets one call of an actor finish before the next begins although it suspends in between: an open transaction is a
/// state that another call must not meet half-way. First come, first served.
///
/// A class without a lock: all its calls run on the actor that owns it.
final class Turns {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Returns when it is the caller's turn. Not cancellable: who has the turn is, and gives it on.
    func take() async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// Gives the turn to the next.
    func end() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
