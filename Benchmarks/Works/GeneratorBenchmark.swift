/// What one source and one sink that do next to nothing leave of a core.
struct GeneratorBenchmark: Benchmark {
    let name = "generator"
    let summary = "generator → discard at full speed"

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        // Ten times the others' records: a quarter of a second would be the start of the process more than the work.
        let records = surroundings.options.records * 10
        let run = RunnerProgram.Run(
            pipeline: "Benchmarks/Pipelines/generate.json", variables: ["COUNT": "\(records)"])
        let series = try surroundings.alternate([
            Contestant("generator → discard") { try surroundings.runner.sample(run, records: records) }
        ])
        var result = BenchmarkResult(name, comparing: series)
        result.goals = [
            .atLeast(8e6, "records/s", series[0].spread(\.rate).median),
            .atMost(0.12, "µs of CPU a record", series[0].spread(\.cpuPerRecord).median),
        ]
        return result
    }
}
