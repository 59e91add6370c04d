/// Lets one call of an actor finish before the next begins although it suspends in between: an open transaction is a
/// state that another call must not meet half-way. First come, first served.
///
/// A class without a lock: all its calls run on the actor that owns it.
package final class Turns {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Makes turns of which none is taken.
    package init() {}

    /// Returns when it is the caller's turn. Not cancellable: who has the turn is, and gives it on.
    package func take() async {
        // Looked at inside, not before: an unoptimised build goes through the actor's queue once more on its way into
        // the closure, and who gave the turn up meanwhile would not see this one waiting.
        await withCheckedContinuation { continuation in
            guard isTaken else {
                isTaken = true
                continuation.resume()
                return
            }
            waiting.append(continuation)
        }
    }

    /// Gives the turn to the next.
    package func end() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
