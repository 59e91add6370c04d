import Driving

/// What a benchmark found.
struct BenchmarkResult: Sendable, Codable {
    /// The benchmark's name.
    var name: String
    /// The table for people.
    var table: Table
    /// Every counted sample.
    var series: [Series] = []
    /// Figures that are no samples of a program, by name.
    var figures: [String: Double] = [:]
    /// What was to be reached.
    var goals: [Goal] = []

    /// The result of a comparison: a row for each contestant, and under each but the first how it stands to the first.
    /// - Parameters:
    ///   - name: the benchmark's name.
    ///   - series: the contestants'; the first is what the others are compared with.
    init(_ name: String, comparing series: [Series]) {
        self.init(name: name, table: Table(head: ["work", "records/s", "CPU a record", "resident memory"]))
        self.series = series
        for (index, one) in series.enumerated() {
            table.rows.append([
                one.name, Figures.spread(one.spread(\.rate)), Figures.spread(one.spread(\.cpuPerRecord), unit: " µs"),
                Figures.mebibytes(Int(one.spread { Double($0.peakResident) }.median)),
            ])
            guard index > 0 else { continue }
            table.rows.append(
                ["", ratio(index, \.rate), ratio(index, \.cpuPerRecord), ratio(index) { Double($0.peakResident) }]
                    .map { $0.isEmpty ? "" : "**\($0)**" })
        }
    }

    init(name: String, table: Table) {
        self.name = name
        self.table = table
    }

    /// How a contestant stands to the first, pair by pair.
    /// - Parameters:
    ///   - index: the contestant's, above 0.
    ///   - figure: what is compared.
    func comparison(_ index: Int, _ figure: (Sample) -> Double) -> Spread {
        Spread(of: series[index].samples.map(figure), to: series[0].samples.map(figure))
    }

    private func ratio(_ index: Int, _ figure: (Sample) -> Double) -> String {
        Figures.ratio(comparison(index, figure))
    }
}
