import Testing

@testable import Stages

@Suite("The histogram of lags")
struct LagHistogramTests {
    @Test("quantiles are those of the sorted values, at most 3 % above")
    func quantiles() {
        var histogram = LagHistogram()
        var values: [Int64] = []
        var value: Int64 = 1
        for step in Int64(0)..<2_000 {
            value = (value * 1_103 + step * 7_919) % 90_000_000
            values.append(value)
            histogram.add(value)
        }
        values.sort()
        for (share, index) in [(0.5, 999), (0.99, 1_979), (1.0, 1_999), (0.0005, 0)] {
            let exact = Double(values[index])
            let found = Double(histogram.quantile(share))
            #expect(found >= exact)
            #expect(found <= exact * 1.0313 + 1)
        }
        #expect(histogram.maximum == values.last)
        #expect(histogram.total == 2_000)
    }

    @Test("every power of two and its neighbours are found again", arguments: 0..<47)
    func edges(power: Int) {
        for value in [(Int64(1) << power) - 1, Int64(1) << power, (Int64(1) << power) + 1] {
            var histogram = LagHistogram()
            histogram.add(value)
            #expect(histogram.quantile(0.5) == value)
            histogram.add(Int64(1) << 46)
            #expect(Double(histogram.quantile(0.5)) <= Double(value) * 1.0313)
            #expect(histogram.quantile(0.5) >= value)
        }
    }

    @Test("what is longer than the histogram is counted, with its maximum")
    func overflow() {
        var histogram = LagHistogram()
        histogram.add(.max)
        #expect(histogram.maximum == .max)
        #expect(histogram.quantile(0.5) == 1 << 47 - 1)
    }

    @Test("nothing counted is 0")
    func empty() {
        #expect(LagHistogram().quantile(0.99) == 0)
    }
}
