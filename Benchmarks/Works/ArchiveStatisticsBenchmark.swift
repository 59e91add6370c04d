/// What a second sink costs that counts and shows statistics.
struct ArchiveStatisticsBenchmark: Benchmark {
    let name = "archive-statistics"
    let summary = "the archive with the console's statistics beside it, against without"
    let needsBroker = true

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        let records = surroundings.options.records
        let series = try surroundings.alternate([
            surroundings.reader("kafka → sqlite", "archive", records: records),
            surroundings.reader("kafka → sqlite and console statistics", "archive-statistics", records: records),
        ])
        var result = BenchmarkResult(name, comparing: series)
        result.goals = [.atLeast(0.9, "times the rate without", result.comparison(1, \.rate).median)]
        return result
    }
}
