import Pipeline
import Testing

@Suite struct HistogramTests {
    @Test("a value belongs to the first range that it does not exceed")
    func ranges() {
        var histogram = Histogram(bounds: [1, 10])
        for value in [0, 1, 1.5, 10, 10.5] { histogram.add(value) }
        histogram.add(5, times: 3)
        #expect(histogram.counts == [2, 5, 1])
        #expect(histogram.count == 8)
        #expect(histogram.sum == 38)
        #expect(histogram.mean == 4.75)
        #expect(Histogram(bounds: [1]).mean == 0)
    }
}
