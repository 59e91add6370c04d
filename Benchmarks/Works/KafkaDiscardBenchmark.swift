/// Reading alone, without parsing, beside the anchor without its database.
struct KafkaDiscardBenchmark: Benchmark {
    let name = "kafka-discard"
    let summary = "kafka → discard without parsing, beside archive.cpp --no-database"
    let needsBroker = true

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        // Eight times the archive's: in two seconds of work the waits for the first answer and for the end, which the
        // anchor leaves out, are some percent.
        let records = surroundings.options.records * 8
        let anchor = try surroundings.anchorReader("`archive.cpp --no-database`", ["--no-database"], records: records)
        let ours = try surroundings.reader("kafka → discard", "discard", records: records)
        var result = BenchmarkResult(name, comparing: try surroundings.alternate([anchor, ours].compactMap(\.self)))
        if anchor != nil {
            result.goals = [.atLeast(0.9, "times archive.cpp's rate", result.comparison(1, \.rate).median)]
        }
        return result
    }
}
