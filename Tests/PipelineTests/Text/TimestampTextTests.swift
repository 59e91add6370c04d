import Pipeline
import Testing

@Suite("Times as text")
struct TimestampTextTests {
    @Test(
        "a time reads and writes as RFC 3339 says",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"),
            (1_735_689_599_999_999, "2024-12-31T23:59:59.999999Z"),
            (1_735_689_600_000_000, "2025-01-01T00:00:00.000000Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ])
    func times(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text) == Timestamp(microseconds: microseconds))
    }

    @Test("a year beyond the standard's is not cut")
    func far() {
        #expect(Timestamp(microseconds: 1_700_000_000_000_000_000).rfc3339 == "55840-11-08T22:13:20.000000Z")
        #expect(Timestamp(milliseconds: .max).rfc3339 == "294247-01-10T04:00:54.775807Z")
    }

    @Test("a fraction of any length is read to the microsecond")
    func fractions() {
        #expect(Timestamp(rfc3339: "1970-01-01T00:00:01Z")?.microseconds == 1_000_000)
        #expect(Timestamp(rfc3339: "1970-01-01T00:00:01.5Z")?.microseconds == 1_500_000)
    }

    @Test(
        "what is no UTC time of a real day is not read",
        arguments: [
            "", "2025-01-01", "2025-02-29T00:00:00Z", "2025-04-31T00:00:00Z", "2025-13-01T00:00:00Z",
            "2025-00-01T00:00:00Z", "2025-01-00T00:00:00Z", "2025-01-01T24:00:00Z", "2025-01-01T00:60:00Z",
            "2025-01-01T00:00:60Z", "2025-01-01T00:00:00", "2025-01-01T00:00:00+01:00", "1969-12-31T23:59:59Z",
            "2025-01-01T00:00:00.1234567Z", "2025-1-1T00:00:00Z",
        ])
    func rejection(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }
}
