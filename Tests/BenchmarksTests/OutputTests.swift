import Driving
import Testing

@testable import Benchmarks

@Suite("Benchmark output")
struct OutputTests {
    @Test("three digits count, with commas")
    func figures() {
        #expect(Figures.count(940_123) == "940,000")
        #expect(Figures.count(1_384) == "1,380")
        #expect(Figures.count(14_300_000) == "14,300,000")
        #expect(Figures.count(12.34) == "12.3")
        #expect(Figures.count(-2_100) == "-2,100")
        #expect(Figures.significant(0.1342) == "0.134")
        #expect(Figures.significant(0) == "0")
        #expect(Figures.significant(1_002.4) == "1002")
        #expect(Figures.mebibytes(109 << 20) == "109 MiB")
    }

    @Test("a spread without ends shows the middle alone")
    func spreads() {
        #expect(Figures.spread(Spread([2, 3, 4]), unit: " µs") == "3.00 µs (2.00–4.00)")
        #expect(Figures.spread(Spread([2]), unit: " µs") == "2.00 µs")
        #expect(Figures.ratio(Spread([1.5])) == "1.50 ×")
        #expect(Figures.ratio(Spread([1.5, 2])) == "1.75 × (1.50–2.00)")
    }

    @Test("a comparison has a row for each contestant and one below each but the first")
    func comparison() throws {
        let slow = Series(name: "slow", samples: [try MeasuringTests.sample(seconds: 2)])
        let fast = Series(name: "fast", samples: [try MeasuringTests.sample(seconds: 1)])
        let result = BenchmarkResult("x", comparing: [slow, fast])
        #expect(
            result.table.markdown == """
                | work | records/s | CPU a record | resident memory |
                | --- | --- | --- | --- |
                | slow | 500,000 | 2.00 µs | 100 MiB |
                | fast | 1,000,000 | 1.00 µs | 100 MiB |
                |  | **2.00 ×** | **0.50 ×** | **1.00 ×** |
                """)
        #expect(result.comparison(1, \.rate).median == 2)
    }

    @Test("a table goes between its own markers and nothing else changes")
    func markers() {
        let document = MarkedDocument(
            text: """
                before
                <!-- bench:one -->
                old
                older
                <!-- /bench -->
                between
                <!-- bench:two -->
                <!-- /bench -->
                after
                """)
        #expect(document.replacing("three", with: "none") == nil)
        #expect(
            document.replacing("one", with: "new")?.replacing("two", with: "other")?.text == """
                before
                <!-- bench:one -->
                new
                <!-- /bench -->
                between
                <!-- bench:two -->
                other
                <!-- /bench -->
                after
                """)
    }

    @Test("a goal is met at its bound")
    func goals() {
        #expect(Goal.atLeast(2, "x", 2).isMet)
        #expect(!Goal.atLeast(2, "x", 1.99).isMet)
        #expect(Goal.atMost(2, "x", 2).isMet)
        #expect(!Goal.atMost(2, "x", 2.01).isMet)
        #expect(Goal.atMost(2, "ms", 3).text == "MISSED ms: 3.00, to be ≤ 2.00")
    }
}
