import Driving

/// The benchmarks there are.
enum AllBenchmarks {
    /// All, in the order they run and are listed.
    static let list: [any Benchmark] = [
        GeneratorBenchmark(), ProduceBenchmark(), ArchiveBenchmark(), ArchiveStatisticsBenchmark(),
        KafkaDiscardBenchmark(), KafkaFilterBenchmark(), AllocationsBenchmark(), MicroBenchmark(),
        InstructionsBenchmark(), RatesBenchmark(),
        LatencyBenchmark(), StartBenchmark(), GrowthBenchmark(),
        EnduranceBenchmark(),
    ]

    /// The benchmarks of these names in their order, or all for none.
    /// - Throws: ``DriverFailure`` for a name that none has.
    static func named(_ names: [String]) throws(DriverFailure) -> [any Benchmark] {
        var found: [any Benchmark] = []
        for name in names {
            guard let benchmark = list.first(where: { $0.name == name }) else {
                throw DriverFailure(
                    "there is no benchmark \(name)", reason: "there are " + list.map(\.name).joined(separator: ", "))
            }
            found.append(benchmark)
        }
        return names.isEmpty ? list : found
    }
}
