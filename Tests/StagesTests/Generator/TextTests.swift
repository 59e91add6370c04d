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
}
