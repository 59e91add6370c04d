@testable import Pipeline
import PipelineTesting
import Testing

@Suite("Batches")
struct BatchTests {
    @Test("a batch gives back what was put in, absent values apart from empty ones")
    func roundTrip() {
        let batch = Batch.sample(["one", nil, "", "four"], partition: 3, from: 10, to: 20)
        #expect(batch.texts == ["one", nil, "", "four"])
        #expect(batch.records.map(\.offset) == [10, 11, 12, 13])
        #expect(batch.records.map(\.value.isPresent) == [true, false, true, true])
        #expect(batch.claims == [Claim(partition: 3, from: 10, to: 20)])
        #expect(batch.size == 3 + 4 + 4)
    }

    @Test("64 zero bytes follow the last one, however the buffer grew", arguments: [0, 1, 63, 64, 65, 4_095, 100_000])
    func padding(length: Int) {
        var builder = BatchBuilder(stream: .sample, capacity: 0)
        let range = builder.append(repeatElement(UInt8(0xFF), count: length))
        #expect(builder.count == length)
        let batch = builder.finish(claims: [])
        batch.withUnsafeBytes { bytes in
            #expect(bytes.count == length)
            #expect(bytes.allSatisfy { $0 == 0xFF })
            let beyond = UnsafeRawBufferPointer(start: bytes.baseAddress.map { $0 + length }, count: 64)
            #expect(beyond.allSatisfy { $0 == 0 })
        }
        #expect(batch.bytes(range)?.count == length)
    }

    @Test("ranges stay right while the buffer grows, written in place or copied")
    func growth() {
        var builder = BatchBuilder(stream: .sample, capacity: 16, recordCapacity: 1_000)
        for index in 0..<1_000 {
            let text = "record \(index)"
            let range =
                index.isMultiple(of: 2)
                ? builder.append(text.utf8)
                : builder.append(maximum: 64) { room in
                    room.copyBytes(from: text.utf8)
                    return text.utf8.count
                }
            builder.add(
                Record(
                    value: range, timestamp: Timestamp(microseconds: 0),
                    position: Position(partition: 0, offset: Int64(index))))
        }
        #expect(builder.recordCount == 1_000)
        let batch = builder.finish(claims: [Claim(partition: 0, from: 0, to: 1_000)])
        #expect(batch.texts == (0..<1_000).map { "record \($0)" })
    }

    @Test("rejecting keeps order, claims and rows, and moves what it rejects")
    func rejecting() {
        var batch = Batch.sample(count: 6)
        batch.reject(stage: "s") { $0.offset.isMultiple(of: 2) ? "even" : nil }
        batch.reject(stage: "t") { $0.offset == 3 ? "three" : nil }
        #expect(batch.records.map(\.offset) == [1, 5])
        #expect(batch.dead.map(\.record.offset) == [0, 2, 4, 3])
        #expect(batch.dead.map(\.stage) == ["s", "s", "s", "t"])
        #expect(batch.claims == [Claim(partition: 0, from: 0, to: 6)])
    }

    @Test("a copy that drops records leaves the other as it was")
    func value() {
        let batch = Batch.sample(count: 3)
        var copy = batch
        copy.records.removeFirst()
        #expect(batch.texts == ["0/0", "0/1", "0/2"])
        #expect(copy.texts == ["0/1", "0/2"])
    }

    @Test("what a batch costs in memory counts dead records, parsed fields, and the batch itself")
    func footprint() {
        let empty = Batch(stream: .sample, claims: [])
        #expect(empty.footprint > 0)
        var batch = Batch.sample(count: 10)
        let before = batch.footprint
        #expect(before >= empty.footprint + 10 * MemoryLayout<Record>.stride)
        batch.fields = FieldTable(
            names: ["a"], cells: Array(repeating: 0, count: 10), kinds: Array(repeating: 0, count: 10), unescaped: [])
        #expect(batch.footprint == before + 90)
        batch.reject(stage: "s") { _ in "no" }
        #expect(batch.footprint > before)
    }

    @Test("a record is 48 bytes, as the memory's reckoning has it")
    func stride() {
        #expect(MemoryLayout<Record>.stride == 48)
    }

    @Test("a range knows absence from emptiness")
    func ranges() {
        #expect(!ByteRange.absent.isPresent)
        #expect(ByteRange.absent.length == 0)
        #expect(ByteRange.absent.offsets.isEmpty)
        let empty = ByteRange(start: 5, length: 0)
        #expect(empty.isPresent)
        #expect(empty.offsets == 5..<5)
        #expect(empty != .absent)
        let far = ByteRange(start: 3_000_000_000, length: 1_000_000_000)
        #expect(far.offsets == 3_000_000_000..<4_000_000_000)
    }

    @Test("milliseconds are rounded down, before 1970 too")
    func milliseconds() {
        #expect(Timestamp(microseconds: 1_999).milliseconds == 1)
        #expect(Timestamp(microseconds: -1).milliseconds == -1)
        #expect(Timestamp(microseconds: -1_000).milliseconds == -1)
        #expect(Timestamp(milliseconds: -7).microseconds == -7_000)
    }
}
