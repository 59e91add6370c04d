@testable import Pipeline
import PipelineTesting
import Testing

@Suite("Pauses and shares")
struct BackoffTests {
    @Test("pauses double up to the bound, each between half and all of its length", arguments: 0..<10)
    func doubling(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var backoff = Backoff(first: .milliseconds(100), bound: .seconds(1))
        for full in [100, 200, 400, 800, 1_000, 1_000, 1_000] {
            let pause = backoff.next(using: &random)
            #expect(pause >= .milliseconds(full) / 2, "seed \(seed)")
            #expect(pause <= .milliseconds(full), "seed \(seed)")
        }
    }

    @Test("two who lost one server do not come back in step")
    func jitter() {
        var (left, right) = (SeededRandom(seed: 1), SeededRandom(seed: 2))
        var (one, other) = (Backoff(), Backoff())
        #expect(one.next(using: &left) != other.next(using: &right))
    }

    @Test("a share says nothing below a thousand records, and is told above the limit")
    func share() {
        var share = DeadShare(limit: 0.5)
        #expect(share.note(living: 0, dead: 999, now: .zero) == nil)
        #expect(share.note(living: 1, dead: 0, now: .zero) == 0.999)
    }

    @Test("a share at the limit is none above it")
    func limit() {
        var share = DeadShare(limit: 0.5)
        #expect(share.note(living: 500, dead: 500, now: .zero) == nil)
        #expect(share.note(living: 0, dead: 1, now: .zero) != nil)
    }

    @Test("every minute counts for itself")
    func minutes() {
        var share = DeadShare(limit: 0.5)
        #expect(share.note(living: 0, dead: 900, now: .zero) == nil)
        #expect(share.note(living: 0, dead: 900, now: .seconds(60)) == nil)
        #expect(share.note(living: 0, dead: 100, now: .seconds(119)) == 1)
    }

    @Test("a limit of all is never passed")
    func all() {
        var share = DeadShare(limit: 1)
        #expect(share.note(living: 0, dead: 100_000, now: .zero) == nil)
    }
}
