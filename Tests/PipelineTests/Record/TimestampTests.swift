import Pipeline
import Testing

@Suite("Times of records")
struct TimestampTests {
    @Test(
        "milliseconds are rounded down, before 1970 too",
        arguments: [(0, 0), (1, 0), (999, 0), (1_000, 1), (-1, -1), (-1_000, -1), (-1_001, -2)])
    func roundedDown(microseconds: Int64, milliseconds: Int64) {
        #expect(Timestamp(microseconds: microseconds).milliseconds == milliseconds)
    }

    @Test("a client's time in another unit is no reason to end", arguments: [Int64.max, 1_700_000_000_000_000_000])
    func otherUnit(milliseconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).microseconds == .max)
        #expect(Timestamp(milliseconds: -milliseconds).microseconds == .min)
        #expect(Timestamp(microseconds: .min).milliseconds == -9_223_372_036_854_776)
    }
}
