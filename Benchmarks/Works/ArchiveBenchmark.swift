/// From a topic into an archive with a key, beside the anchor that does the same.
struct ArchiveBenchmark: Benchmark {
    let name = "archive"
    let summary = "kafka → sqlite, keyed, beside archive.cpp"
    let needsBroker = true

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        // Four times as many as others move: the runner's time and processor time include writing the rest of the log
        // back at the end, the anchor's do not.
        let records = surroundings.options.records * 4
        let anchor = try surroundings.anchorReader("`archive.cpp`", records: records)
        let ours = try surroundings.reader("kafka → sqlite, keyed, `synchronous: normal`", "archive", records: records)
        var result = BenchmarkResult(name, comparing: try surroundings.alternate([anchor, ours].compactMap(\.self)))
        if anchor != nil {
            result.goals = [
                .atLeast(1.8, "times archive.cpp's rate", result.comparison(1, \.rate).median),
                .atMost(0.60, "times its CPU a row", result.comparison(1, \.cpuPerRecord).median),
            ]
        }
        result.goals.append(.resident(result.series))
        return result
    }
}
