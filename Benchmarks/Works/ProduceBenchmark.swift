import Driving

/// A burst into fresh topics of three partitions, beside the anchor that makes its messages too.
struct ProduceBenchmark: Benchmark {
    let name = "produce"
    let summary = "pipelines/produce.json in a burst, beside produce.c"
    let needsBroker = true

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        let topics = try surroundings.requireTopics()
        let records = surroundings.options.records
        var contestants = [
            Contestant("`BURST=true COUNT=\(records) runner pipelines/produce.json`") {
                try topics.withTopic { topic in
                    try surroundings.runner.sample(Self.run(records, topic, topics.brokers), records: records)
                }
            }
        ]
        if let anchors = surroundings.anchors {
            let anchor = Contestant("`produce.c`") {
                try topics.withTopic { try anchors.produce(records, to: $0, at: topics.brokers) }
            }
            contestants.insert(anchor, at: 0)
        } else {
            surroundings.progress("no anchors were given: runs without `produce.c`")
        }
        var result = BenchmarkResult(name, comparing: try surroundings.alternate(contestants))
        if surroundings.anchors != nil {
            result.goals = [
                .atLeast(1.35, "times produce.c's rate", result.comparison(1, \.rate).median),
                .atMost(0.70, "times its CPU a record", result.comparison(1, \.cpuPerRecord).median),
            ]
        }
        result.goals.append(.resident(result.series))
        return result
    }

    /// The run that produces so many records into a topic.
    static func run(_ records: Int, _ topic: String, _ brokers: String) -> RunnerProgram.Run {
        RunnerProgram.Run(
            pipeline: "pipelines/produce.json",
            variables: [
                "BURST": "true", "COUNT": "\(records)", "KAFKA_TOPIC": topic, "KAFKA_BROKERS": brokers,
            ])
    }
}

extension Goal {
    /// The last contestant's memory.
    static func resident(_ series: [Series]) -> Goal {
        .atMost(100, "MiB resident", (series.last?.spread { Double($0.peakResident) / 1_048_576 }.median) ?? 0)
    }
}
