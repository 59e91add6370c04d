import Pipeline
import Testing

@testable import Stages

@Suite struct RowReadingTests {
    private func identifier(_ text: String) -> TransactionIdentifier? {
        Array(text.utf8).withUnsafeBytes { TransactionIdentifier(canonical: $0) }
    }

    @Test("an id is read as the generator writes it", arguments: [0, 1, 4_294_967_296, (1 << 40) - 1] as [Int64])
    func canonical(index: Int64) throws {
        let identifier = TransactionIdentifier(
            milliseconds: 1_735_689_600_123, streamID: 0x2_ABCD_EF01, index: index)
        #expect(self.identifier(identifier.description) == identifier)
    }

    @Test(
        "another text of the same id, or of none, is none",
        arguments: [
            "", "0197A1B2-0000-7000-8000-00000000000a", "0197a1b2-0000-4000-8000-00000000000a",
            "0197a1b2-0000-7000-c000-00000000000a", "0197a1b2000007000-8000-00000000000a",
            "0197a1b2-0000-7000-8000-00000000000g", "0197a1b2-0000-7000-8000-00000000000a ",
            "0197a1b2-0000-7000-8000-0000-000000a",
        ])
    func foreign(text: String) {
        #expect(identifier(text) == nil)
    }

    @Test("times are read whatever second the one before was of")
    func times() {
        var reader = TimestampReader()
        for microseconds: Int64 in [0, 1, 999_999, 1_000_000, 1_735_689_600_123_456, 5, 253_402_300_799_999_999] {
            let time = Timestamp(microseconds: microseconds)
            #expect(Array(time.rfc3339.utf8).withUnsafeBytes { reader.read($0) } == time)
        }
    }

    @Test(
        "a time in another form is none",
        arguments: [
            "", "2025-01-01T00:00:00Z", "2025-01-01T00:00:00.000Z", "2025-02-30T00:00:00.000000Z",
            "2025-01-01T00:00:00.00000xZ", "2025-01-01T00:00:00,000000Z", "2025-01-01 00:00:00.000000Z",
            "2025-01-01T00:00:00.000000z", "2025-01-01T00:00:00.000000+",
        ])
    func noTimes(text: String) {
        var reader = TimestampReader()
        _ = Array("2025-01-01T00:00:00.000000Z".utf8).withUnsafeBytes { reader.read($0) }
        #expect(Array(text.utf8).withUnsafeBytes { reader.read($0) } == nil)
    }
}
