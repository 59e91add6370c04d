import Testing

@testable import Stages

@Suite("How far in time partitions are read")
struct ReadingProgressTests {
    @Test("a partition that has read nothing is behind one that has")
    func nothing() {
        let fresh = ReadingProgress()
        var read = ReadingProgress()
        read.advance(to: 0)
        #expect(fresh.isBehind(read))
        #expect(!read.isBehind(fresh))
        #expect(!fresh.isBehind(fresh))
    }

    @Test("the older time is behind, however much was read of it")
    func time() {
        var old = ReadingProgress()
        for _ in 0..<1_000 { old.advance(to: 1) }
        var new = ReadingProgress()
        new.advance(to: 2)
        #expect(old.isBehind(new))
        #expect(!new.isBehind(old))
    }

    @Test("where all records have one time, partitions take turns")
    func oneTime() {
        var progress = [ReadingProgress](repeating: ReadingProgress(), count: 3)
        for turn in 1...30 {
            let next = (0..<3).min { progress[$0].isBehind(progress[$1]) } ?? 0
            progress[next].advance(to: 0)
            let counts = progress.map(\.count)
            #expect(counts.reduce(0, +) == turn)
            #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
        }
    }

    @Test("partitions of unequal size stay together, also within one time")
    func together() throws {
        // Which of ten records goes to which partition, 10,000 records to a time.
        let partitionOf = [0, 1, 2, 0, 1, 2, 0, 2, 2, 2]
        let records = (0..<200_000).map { (number: $0, partition: partitionOf[$0 % 10], time: Int64($0 / 10_000)) }
        let queues = (0..<3).map { partition in records.filter { $0.partition == partition } }
        var places = [0, 0, 0]
        var progress = [ReadingProgress](repeating: ReadingProgress(), count: 3)
        var widest = 0
        while true {
            let waiting = (0..<3).filter { places[$0] < queues[$0].count }
            guard waiting.count == 3 else { break }
            let next = try #require(waiting.min { progress[$0].isBehind(progress[$1]) })
            for record in queues[next][places[next]...].prefix(250) {
                progress[next].advance(to: record.time)
                places[next] += 1
            }
            // Past the first time, of which no share is known yet.
            let numbers = (0..<3).compactMap { places[$0] < queues[$0].count ? queues[$0][places[$0]].number : nil }
            guard let first = numbers.min(), let last = numbers.max(), first >= 20_000 else { continue }
            widest = max(widest, last - first)
        }
        // A turn of the smallest partition is 1,000 records of the whole. Reading by time alone: 10,000.
        #expect(widest < 2_000)
    }
}
