@testable import Pipeline
import PipelineTesting
import Testing

@Suite("durations, sizes and exact numbers")
struct DurationAndSizeTests {
    @Test(
        "a duration is read exactly",
        arguments: [
            ("90s", Duration.seconds(90)), ("5m", .seconds(300)), ("1h30m", .seconds(5_400)),
            ("1h05m", .seconds(3_900)),
            ("200ms", .milliseconds(200)), ("10us", .microseconds(10)), ("10µs", .microseconds(10)),
            ("3ns", .nanoseconds(3)), ("2d", .seconds(172_800)), ("1.5s", .milliseconds(1_500)),
            ("0.1s", .milliseconds(100)), ("1d2h3m4s5ms6us7ns", .seconds(93_784) + .nanoseconds(5_006_007)),
            ("0s", .zero),
        ])
    func duration(_ text: String, _ duration: Duration) {
        #expect(DurationText.duration(text) == duration)
    }

    @Test(
        "what is no duration is nil",
        arguments: [
            "", "s", "90", "90 s", "-5s", "5x", "1m1h", "1s1s", "1..5s", ".5s", "1e3s", "٣s", "5S",
            "99999999999999999999999999999999999999d", "1m 30s",
        ])
    func noDuration(_ text: String) {
        #expect(DurationText.duration(text) == nil)
    }

    @Test(
        "a duration is written in the largest units that fit",
        arguments: [
            ("1m30s", Duration.seconds(90)), ("1h", .seconds(3_600)), ("1d", .seconds(86_400)), ("0s", .zero),
            ("1.5s", .milliseconds(1_500)), ("200ms", .milliseconds(200)), ("1.5ms", .microseconds(1_500)),
            ("10us", .microseconds(10)), ("3ns", .nanoseconds(3)), ("0.000000001ns", Duration(attoseconds: 1)),
            ("1m0.5s", .milliseconds(60_500)), ("-1s", .seconds(-1)),
        ])
    func writtenDuration(_ text: String, _ duration: Duration) {
        #expect(DurationText.text(duration) == text)
    }

    @Test("a written duration is read back to the same")
    func durationRoundTrip() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<2_000 {
            let attoseconds =
                Int128(random.next() >> UInt64.random(in: 0..<64, using: &random))
                << Int128.random(in: 0..<24, using: &random)
            let duration = Duration(attoseconds: attoseconds)
            #expect(DurationText.duration(DurationText.text(duration)) == duration)
        }
    }

    @Test(
        "a size is read exactly",
        arguments: [
            ("64MiB", Int64(67_108_864)), ("10kB", 10_000), ("1GB", 1_000_000_000), ("1KiB", 1_024), ("7B", 7),
            ("1.5GiB", 1_610_612_736), ("0B", 0), ("2TiB", 2_199_023_255_552), ("1TB", 1_000_000_000_000),
        ])
    func size(_ text: String, _ bytes: Int64) {
        #expect(SizeText.bytes(text) == bytes)
    }

    @Test("what is no size is nil", arguments: ["", "64", "64MB2kB", "64mb", "64 MiB", "-1B", "0.5B", "9999999TiB"])
    func noSize(_ text: String) {
        #expect(SizeText.bytes(text) == nil)
    }

    @Test("a written size is read back to the same")
    func sizeRoundTrip() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<2_000 {
            let bytes = Int64(random.next() >> UInt64.random(in: 1..<64, using: &random)) << 0
            #expect(SizeText.bytes(SizeText.text(bytes)) == bytes)
        }
        #expect(SizeText.text(64 << 20) == "64MiB")
        #expect(SizeText.text(10_000) == "10kB")
        #expect(SizeText.text(1_001) == "1001B")
        #expect(SizeText.text(0) == "0B")
    }

    @Test(
        "a number as JSON writes it keeps every digit",
        arguments: [
            ("9223372036854775807", Int128(9_223_372_036_854_775_807)), ("-5", -5), ("-0", 0), ("1e6", 1_000_000),
            ("1.50e1", 15), ("5.0", 5), ("0e999999999999", 0), ("100e-2", 1),
        ])
    func wholeNumber(_ text: String, _ number: Int128) throws {
        #expect(try #require(DecimalText(text)).times(1) == .whole(number))
    }

    @Test("a number that is not whole, or too large, is told apart")
    func otherNumbers() throws {
        #expect(try #require(DecimalText("0.1")).times(1) == .fraction)
        #expect(try #require(DecimalText("0.1")).times(10) == .whole(1))
        #expect(try #require(DecimalText("1e-999999999999")).times(1) == .fraction)
        #expect(try #require(DecimalText("1e999999999999")).times(1) == .tooLarge)
        #expect(try #require(DecimalText("-1e39")).times(1) == .tooLarge)
        #expect(try #require(DecimalText(String(repeating: "9", count: 50))).times(1) == .tooLarge)
    }
}
