/// The benchmarks there are.
enum AllBenchmarks {
    /// All, in the order they run and are listed.
    static let list: [any Benchmark] = [
        GeneratorBenchmark(), ProduceBenchmark(), ArchiveBenchmark(), ArchiveStatisticsBenchmark(),
        KafkaDiscardBenchmark(), KafkaFilterBenchmark(), AllocationsBenchmark(), MicroBenchmark(), RatesBenchmark(),
        LatencyBenchmark(), StartBenchmark(), GrowthBenchmark(),
    ]

    /// The benchmarks of these names, or all for none.
    /// - Throws: ``BenchmarkFailure`` for a name that none has.
    static func named(_ names: [String]) throws(BenchmarkFailure) -> [any Benchmark] {
        for name in names where !list.contains(where: { $0.name == name }) {
            throw BenchmarkFailure(
                "there is no benchmark \(name)", reason: "there are " + list.map(\.name).joined(separator: ", "))
        }
        return names.isEmpty ? list : list.filter { names.contains($0.name) }
    }
}
