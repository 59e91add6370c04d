import Driving
import Foundation

/// Whether memory stays as it is for as long as both directions run at full speed, on a topic that Kafka keeps short.
struct EnduranceBenchmark: Benchmark {
    /// Some seconds of records, of which the broker deletes the oldest as new ones come.
    private static let topicSettings = [
        "retention.bytes": "\(256 << 20)", "segment.bytes": "\(64 << 20)", "file.delete.delay.ms": "1000",
    ]

    let name = "endurance"
    let summary = "memory of a producer and a consumer at full speed for a minute (or --endurance)"
    let needsBroker = true

    /// One of the two programs.
    private struct Way {
        var name: String
        var run: RunnerProgram.Run
        var label: String
    }

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        let topics = try surroundings.requireTopics()
        let seconds = surroundings.options.endurance
        return try topics.withTopic(settings: Self.topicSettings) { topic in
            let variables = [
                "KAFKA_TOPIC": topic, "KAFKA_BROKERS": topics.brokers, "BURST": "true", "TTL": "\(seconds)s",
            ]
            let ways = [
                Way(
                    name: "`BURST=true runner pipelines/produce.json`",
                    run: .init(pipeline: "pipelines/produce.json", variables: variables), label: "produce"),
                Way(
                    name: "kafka → discard, the same topic",
                    run: .init(pipeline: "Benchmarks/Pipelines/follow.json", variables: variables), label: "follow"),
            ]
            return try result(ways, samples(ways, surroundings), surroundings)
        }
    }

    /// Runs both side by side.
    /// - Returns: the memory of each, second by second.
    private func samples(_ ways: [Way], _ surroundings: Surroundings) throws -> [[Int]] {
        func start(_ way: Way) throws -> ChildProcess {
            try ChildProcess(
                surroundings.runner.command(way.run, report: "\(surroundings.folder)/\(way.label).json"),
                in: surroundings.folder, label: way.label)
        }
        let first = try start(ways[0])
        let second = try start(ways[1])
        var samples: [[Int]] = [[], []]
        while !first.hasEnded || !second.hasEnded {
            if let resident = first.resident { samples[0].append(resident) }
            if let resident = second.resident { samples[1].append(resident) }
            if samples[0].count % 60 == 0 {
                let texts = samples.compactMap(\.last).map(Figures.mebibytes)
                surroundings.progress("\(samples[0].count) s: \(texts.joined(separator: ", "))")
            }
            sleep(1)
        }
        _ = try first.wait()
        _ = try second.wait()
        return samples
    }

    private func result(
        _ ways: [Way], _ samples: [[Int]], _ surroundings: Surroundings
    ) throws -> BenchmarkResult {
        var result = BenchmarkResult(
            name: name,
            table: Table(head: ["way", "for", "records", "memory after a tenth", "after half", "at the end", "at most"])
        )
        for (way, samples) in zip(ways, samples) {
            let report = try RunnerReport(
                contents: FileManager.default.contents(atPath: "\(surroundings.folder)/\(way.label).json") ?? Data())
            guard samples.count >= 10, report.balanced else {
                throw DriverFailure("the endurance does not count", reason: "a run needs more than ten seconds")
            }
            // A moment's memory goes up and down by some batches, so each figure is the middle of a tenth of the time.
            let tenth = samples.count / 10
            func middle(endingAt end: Int) -> Double { Spread(samples[(end - tenth)..<end].map(Double.init)).median }
            let early = middle(endingAt: 2 * tenth)
            let late = middle(endingAt: samples.count)
            result.table.rows.append([
                way.name, "\(Int(report.elapsedSeconds)) s", Figures.count(Double(report.records)),
                Figures.mebibytes(Int(early)), Figures.mebibytes(Int(middle(endingAt: samples.count / 2 + tenth))),
                Figures.mebibytes(Int(late)), Figures.mebibytes(samples.max() ?? 0),
            ])
            result.goals.append(.atMost(1.05, "times the memory after a tenth of the time, \(way.label)", late / early))
        }
        return result
    }
}
