import Pipeline
import Testing

@Suite("Numbers and JSON as text")
struct NumberTextTests {
    @Test("digits stand in groups of three")
    func grouped() {
        #expect(
            [0, 999, 1_000, 1_234_567, -1_000, -999].map(\.grouped) == [
                "0", "999", "1,000", "1,234,567", "-1,000", "-999",
            ])
        #expect(Int64.min.grouped == "-9,223,372,036,854,775,808")
    }

    @Test(
        "a number has as many decimals as asked for, rounded",
        arguments: [
            (0.999, 2, "1.00"), (-0.001, 2, "0.00"), (-1.005, 1, "-1.0"), (12.5, 0, "13"), (0.000_001, 6, "0.000001"),
            (1e17, 2, "1e+17"), (.infinity, 1, "inf"), (.nan, 3, "nan"), (123_456_789.125, 2, "123456789.13"),
        ])
    func decimals(value: Double, places: Int, text: String) {
        #expect(value.decimal(places) == text)
    }

    @Test("a JSON string has no character that JSON, a terminal or JavaScript minds")
    func json() {
        #expect(JSONText.string("a\"\\\n\r\tü東😀") == #""a\"\\\n\r\tü東😀""#)
        #expect(
            JSONText.string("\u{0}\u{1B}\u{7F}\u{9B}\u{2028}\u{2029}") == #""\u0000\u001b\u007f\u009b\u2028\u2029""#)
    }
}
