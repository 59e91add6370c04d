import Pipeline
import Testing

@testable import Stages

@Suite struct ResetCheckTests {
    private let stream = StreamIdentity(cluster: "a", topic: "t")

    private func mark(_ offset: Int64, _ time: Int64 = 1, _ checksum: UInt32 = 7) -> RecordMark {
        RecordMark(offset: offset, timestamp: Timestamp(milliseconds: time), checksum: checksum)
    }

    private func stored(
        _ positions: [Int32: Int64], _ marks: [Int32: RecordMark], cluster: String = "a"
    ) -> ResetCheck.Stored {
        ResetCheck.Stored(
            stream: StreamIdentity(cluster: cluster, topic: "t"), positions: positions, marks: marks)
    }

    private func bounds(_ logs: (Int64, Int64)...) -> [Int32: StartPositions.Bounds] {
        Dictionary(uniqueKeysWithValues: logs.enumerated().map { (Int32($0), .init(low: $1.0, high: $1.1)) })
    }

    @Test("a record is looked for only where the log still reaches")
    func offsets() {
        let stored = stored([0: 10, 1: 10, 2: 10, 3: 10], [0: mark(9), 1: mark(4), 2: mark(9), 7: mark(1)])
        #expect(ResetCheck.offsets(stored, bounds((0, 10), (5, 20), (0, 9), (0, 9))) == [0: 9])
    }

    @Test("the same record at its place is the same topic")
    func same() {
        let check = ResetCheck(
            stored([0: 10], [0: mark(9)]), stream, bounds((0, 12)), found: [0: mark(9)], isCompacted: false)
        #expect(check.differences.isEmpty)
        #expect(check.restarts.isEmpty)
    }

    @Test(
        "another time, other bytes or another cluster are another topic, of which every partition begins anew",
        arguments: [("a", 2, 7, "another time"), ("a", 1, 8, "other bytes"), ("b", 1, 7, "the cluster b")])
    func another(cluster: String, time: Int64, checksum: UInt32, reason: String) {
        let check = ResetCheck(
            stored([0: 10, 1: 5, 9: 3], [0: mark(9)], cluster: cluster), stream, bounds((0, 12), (0, 12)),
            found: [0: mark(9, time, checksum)], isCompacted: false)
        #expect(check.differences.count == 1 || cluster == "b")
        #expect(check.differences.first?.reason.contains(reason) == true)
        // Of partition 1 nothing could be looked at; 9 is not among those that are read.
        #expect(check.restarts == [0, 1])
    }

    @Test("a partition that has lost records begins anew by itself where another one is what it was")
    func lostRecords() {
        let check = ResetCheck(
            stored([0: 10, 1: 10, 2: 10], [0: mark(9), 2: mark(9)]), stream, bounds((0, 10), (0, 10), (0, 4)),
            found: [0: mark(9)], isCompacted: false)
        #expect(check.differences.map(\.place) == ["t-2-10"])
        #expect(check.differences.first?.reason == "the partition ends at 4, before what is stored of it")
        #expect(check.restarts == [2])
    }

    @Test(
        "a record that is not there is another topic unless compaction may have taken it",
        arguments: [(false, 1, 0), (true, 0, 0), (nil, 0, 1)] as [(Bool?, Int, Int)])
    func missing(isCompacted: Bool?, differences: Int, unexplained: Int) {
        let check = ResetCheck(
            stored([0: 10], [0: mark(9)]), stream, bounds((0, 12)), found: [0: nil], isCompacted: isCompacted)
        #expect(check.differences.count == differences)
        #expect(check.unexplained.count == unexplained)
        #expect(check.restarts.count == differences)
    }

    @Test("a record that retention has taken proves nothing")
    func retention() {
        let check = ResetCheck(
            stored([0: 10], [0: mark(9)]), stream, bounds((30, 40)), found: [:], isCompacted: false)
        #expect(check.differences.isEmpty)
        #expect(check.unexplained.isEmpty)
    }
}
