import Driving

/// Whether a record takes as long after ten million others as after a hundred thousand, and no more memory.
struct GrowthBenchmark: Benchmark {
    private enum Way: String, CaseIterable {
        case discard = "generator → discard"
        case produce = "generator → kafka"
        case archive = "generator → sqlite, keyed"
    }

    let name = "growth"
    let summary = "time a record and memory from 10^5 to 10^7 records (or --most), made, produced and archived"
    let needsBroker = true

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        var result = BenchmarkResult(
            name: name, table: Table(head: ["way", "records", "time a record", "CPU a record", "resident memory"]))
        let most = surroundings.options.most
        let sizes = sequence(first: min(100_000, most)) { $0 < most ? min($0 * 10, most) : nil }
        for way in Way.allCases {
            if way == .produce, surroundings.topics == nil {
                surroundings.progress("\(way.rawValue): left out, there is no broker")
                continue
            }
            var samples: [Sample] = []
            for records in sizes {
                let sample = try MachineLag.watching(progress: surroundings.progress) {
                    try measure(way, records, surroundings)
                }.result
                surroundings.progress(
                    "\(way.rawValue), \(Figures.count(Double(records))): \(Figures.count(1e9 / sample.rate)) ns")
                samples.append(sample)
                result.table.rows.append([
                    way.rawValue, Figures.count(Double(records)), Figures.count(1e9 / sample.rate) + " ns",
                    Figures.count(sample.cpuPerRecord * 1e3) + " ns", Figures.mebibytes(sample.peakResident),
                ])
            }
            result.series.append(Series(name: way.rawValue, samples: samples))
            // Below a million the start of the process shows more than the records.
            guard samples.count > 2 else { continue }
            let (last, before) = (samples[samples.count - 1], samples[samples.count - 2])
            result.goals += [
                .atMost(
                    1.15, "times the CPU a record of a tenth of the records, \(way.rawValue)",
                    last.cpuPerRecord / before.cpuPerRecord),
                .atMost(
                    1.15, "times the memory of a tenth of the records, \(way.rawValue)",
                    Double(last.peakResident) / Double(before.peakResident)),
            ]
        }
        return result
    }

    private func measure(_ way: Way, _ records: Int, _ surroundings: Surroundings) throws -> Sample {
        switch way {
        case .discard:
            let run = RunnerProgram.Run(
                pipeline: "Benchmarks/Pipelines/generate.json", variables: ["COUNT": "\(records)"])
            return try surroundings.runner.sample(run, records: records)
        case .produce:
            let topics = try surroundings.requireTopics()
            return try topics.withTopic { topic in
                try surroundings.runner.sample(
                    ProduceBenchmark.run(records, topic, topics.brokers), records: records)
            }
        case .archive:
            return try surroundings.withDatabase { database in
                let run = RunnerProgram.Run(
                    pipeline: "Benchmarks/Pipelines/generate-archive.json",
                    variables: ["COUNT": "\(records)", "DATABASE": database])
                return try surroundings.runner.sample(run, records: records)
            }
        }
    }
}
