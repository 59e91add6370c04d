import Pipeline
import Testing

@testable import Stages

@Suite("Digits and times as text")
struct TextTests {
    private func text(_ word: UInt64, _ count: Int = 8) -> String {
        String(decoding: (0..<count).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }, as: UTF8.self)
    }

    @Test("eight digits at once are what String makes of the number")
    func digits() {
        for value in stride(from: UInt32(0), through: 99_999_999, by: 99_991) {
            #expect(text(Digits.decimal(value)) == String(value + 100_000_000).dropFirst())
            let hexadecimal = String(value &* 43, radix: 16)
            #expect(
                text(Digits.hexadecimal(value &* 43))
                    == String(repeating: "0", count: 8 - hexadecimal.count) + hexadecimal)
        }
        #expect(text(Digits.decimal(99_999_999)) == "99999999")
        #expect(text(Digits.hexadecimal(.max)) == "ffffffff")
        #expect(text(Digits.hexadecimal(0x0123_9ABC)) == "01239abc")
    }

    @Test(
        "amounts have two decimals and no leading zeros",
        arguments: [
            (0, "0.00"), (1, "0.01"), (99, "0.99"), (100, "1.00"), (2_000, "20.00"), (12_345, "123.45"),
            (200_000, "2000.00"), (999_999, "9999.99"),
        ])
    func amounts(cents: UInt32, expected: String) {
        let amount = Digits.amount(cents)
        #expect(text(amount.text, amount.length) == expected)
    }

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
