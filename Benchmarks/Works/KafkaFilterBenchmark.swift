/// Reading, parsing and testing two fields.
struct KafkaFilterBenchmark: Benchmark {
    let name = "kafka-filter"
    let summary = "kafka → filter on two fields → discard"
    let needsBroker = true

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        // Four times the archive's: below a second of work the wait for the first answer shows.
        let records = surroundings.options.records * 4
        let series = try surroundings.alternate([
            surroundings.reader("kafka → filter on two fields → discard", "filter", records: records)
        ])
        var result = BenchmarkResult(name, comparing: series)
        result.goals = [.atLeast(1e6, "records/s", series[0].spread(\.rate).median)]
        return result
    }
}
