import PipelineTesting
import Testing

@testable import Stages

@Suite struct PositionSetTests {
    @Test(
        "offsets, repetitions and gaps are those of a plain list, close together and far apart",
        arguments: [(0..<1 as Range<Int64>, 1), (100..<356, 200), (7..<5_000, 4_000), (0..<(1 << 40), 500)])
    func random(range: Range<Int64>, count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        var set = PositionSet(range, expected: count)
        var counts: [Int64: Int] = [:]
        for _ in 0..<count {
            let offset = Int64.random(in: range, using: &random)
            set.insert(offset)
            counts[offset, default: 0] += 1
        }
        if let (offset, _) = counts.first {
            set.insert(offset)
            counts[offset, default: 0] += 1
        }
        set.insert(range.lowerBound - 1)
        set.insert(range.upperBound)
        set.finish()
        #expect(set.count == counts.count)
        #expect(
            set.repetitions
                == counts.sorted { $0.key < $1.key }.flatMap { Array(repeating: $0.key, count: $0.value - 1) })
        #expect(counts.keys.allSatisfy(set.contains))
        let missing = range.lazy.filter { counts[$0] == nil }.prefix(20)
        #expect(set.missing(atMost: 20) == Array(missing))
        #expect(missing.allSatisfy { !set.contains($0) })
        #expect(!set.contains(range.lowerBound - 1) && !set.contains(range.upperBound))
    }

    @Test("a range of any length takes memory by its rows alone")
    func memory() {
        var set = PositionSet(0..<Int64.max, expected: 3)
        for offset: Int64 in [5, .max - 1, 5] { set.insert(offset) }
        set.finish()
        #expect(set.repetitions == [5])
        #expect(set.contains(.max - 1) && !set.contains(6))
        #expect(set.missing(atMost: 7) == [0, 1, 2, 3, 4, 6, 7])
    }
}
