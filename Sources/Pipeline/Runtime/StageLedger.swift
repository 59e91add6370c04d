internal import Synchronization

/// What one stage did with its records. At the end `in = out + dropped + dead + returned`, whatever happened.
public struct LedgerEntry: Sendable, Hashable {
    /// Records the stage was given; for a source, records it gave.
    public var `in` = 0
    /// Records passed on; for a sink, records acknowledged.
    public var out = 0
    /// Records left out on purpose.
    public var dropped = 0
    /// Records rejected as dead letters.
    public var dead = 0
    /// Records not passed on because of a stop: made or read again next time.
    public var returned = 0

    /// Records still inside the stage or in front of it. 0 at the end of a run.
    public var pending: Int { self.in - out - dropped - dead - returned }
}

/// The counters behind a ``LedgerEntry``. Atomics, because acknowledgements come from any thread and the live line reads
/// while the stage works; each counter by itself is exact, and the equation is checked when the run has ended.
final class StageLedger: Sendable {
    let entered = Atomic<Int>(0)
    let out = Atomic<Int>(0)
    let dropped = Atomic<Int>(0)
    let dead = Atomic<Int>(0)
    let returned = Atomic<Int>(0)
    let bytes = Atomic<Int>(0)

    var entry: LedgerEntry {
        var entry = LedgerEntry()
        // What comes out is read before what went in, so that a reader never sees more come out than went in.
        entry.out = out.load(ordering: .relaxed)
        entry.dropped = dropped.load(ordering: .relaxed)
        entry.dead = dead.load(ordering: .relaxed)
        entry.returned = returned.load(ordering: .relaxed)
        entry.in = entered.load(ordering: .relaxed)
        return entry
    }
}

extension Atomic where Value == Int {
    /// Adds without ordering: a counter guards no other memory.
    func count(_ amount: Int) {
        if amount != 0 { add(amount, ordering: .relaxed) }
    }
}
