import Driving
import Foundation

/// From the moment a record is made until a reader of the archive sees it, through a real broker.
struct LatencyBenchmark: Benchmark {
    private static let rate = 10_000
    private static let partitions = 3
    /// Left out at the beginning: connections, the JVM's first calls, the first pages of the archive.
    private static let warmUp = 5

    let name = "latency"
    let summary = "record made → row visible to a reader at 10,000 a second, beside Kafka's own end-to-end"
    let needsBroker = true

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        let topics = try surroundings.requireTopics()
        var result = BenchmarkResult(name: name, table: Table(head: ["way", "p50", "p99", "at most"]))
        if let tool = try kafkaTool(surroundings, topics) {
            result.table.rows.append(["Kafka's EndToEndLatency: produce → consume, one record at a time"] + tool)
        }
        let (ages, lag) = try MachineLag.watching(every: .milliseconds(1), progress: surroundings.progress) {
            try topics.withTopic(partitions: Int32(Self.partitions)) { topic in
                try surroundings.withDatabase { try measure(topic, topics.brokers, $0, surroundings) }
            }
        }
        result.table.rows += [
            row("generator → rate-gate → kafka → sqlite → reader, 10,000 a second", ages),
            row("a bare thread that only sleeps to deadlines, meanwhile", lag),
        ]
        result.figures = ["p50 ms": ages.p50, "p99 ms": ages.p99, "max ms": ages.highest]
        result.goals = [.atMost(10, "ms (p50)", ages.p50), .atMost(30, "ms (p99)", ages.p99)]
        return result
    }

    private func row(_ what: String, _ percentiles: Percentiles) -> [String] {
        [what]
            + [percentiles.p50, percentiles.p99, percentiles.highest].map { Figures.significant($0) + " ms" }
    }

    /// Runs a producer and an archive side by side and reads along.
    private func measure(
        _ topic: String, _ brokers: String, _ database: String, _ surroundings: Surroundings
    ) throws -> Percentiles {
        let variables = [
            "KAFKA_TOPIC": topic, "KAFKA_BROKERS": brokers, "DATABASE": database, "RATE": "\(Self.rate)",
            "TTL": "\(surroundings.options.duration + Self.warmUp)s",
        ]
        func start(_ pipeline: String) throws -> ChildProcess {
            let run = RunnerProgram.Run(pipeline: "Benchmarks/Pipelines/\(pipeline).json", variables: variables)
            return try ChildProcess(
                surroundings.runner.command(run, report: "\(surroundings.folder)/\(pipeline).json"),
                in: surroundings.folder, label: pipeline)
        }
        let archive = GrowingArchive(path: database, partitions: Self.partitions)
        let archiving = try start("latency-archive")
        let deadline = ContinuousClock.now + .seconds(30)
        while !archive.open() {
            guard ContinuousClock.now < deadline, !archiving.hasEnded else {
                throw DriverFailure("the archive did not appear", reason: database)
            }
            usleep(1_000)
        }
        let producing = try start("latency-produce")
        while !producing.hasEnded {
            try archive.look()
            usleep(1_000)
        }
        _ = try producing.wait()
        let report = try RunnerReport(
            contents: FileManager.default.contents(atPath: "\(surroundings.folder)/latency-produce.json") ?? Data())
        let end = ContinuousClock.now + .seconds(10)
        while archive.ages.count < report.records, ContinuousClock.now < end {
            try archive.look()
            usleep(1_000)
        }
        archiving.send(SIGTERM)
        _ = try archiving.wait()
        guard archive.ages.count == report.records, let first = archive.ages.map(\.made).min() else {
            throw DriverFailure(
                "the latency does not count",
                reason: "\(report.records) records were produced and \(archive.ages.count) seen")
        }
        return Percentiles(archive.ages.filter { $0.made >= first + Self.warmUp * 1_000_000 }.map(\.milliseconds))
    }

    /// What Kafka's own tool says of the same broker without us, or nil without its distribution.
    private func kafkaTool(_ surroundings: Surroundings, _ topics: Topics) throws -> [String]? {
        guard let home = surroundings.options.kafkaHome else {
            surroundings.progress("Kafka's own tool is left out: --kafka-home was not given")
            return nil
        }
        return try topics.withTopic(partitions: 1) { topic in
            let ending = try ChildProcess.run(
                Command(
                    "\(home)/bin/kafka-run-class.sh",
                    [
                        "org.apache.kafka.tools.EndToEndLatency", topics.brokers, topic, "10000", "all", "325",
                    ]), in: surroundings.folder)
            let text = ending.output
            guard let line = text.split(separator: "\n").first(where: { $0.contains("50th") }) else {
                throw DriverFailure("cannot read what Kafka's EndToEndLatency printed", reason: text)
            }
            // "Percentiles: 50th = 1, 99th = 3, 99.9th = 8", in whole milliseconds.
            let figures = line.split(separator: ",").compactMap { part in
                part.split(separator: "=").last.map { $0.trimmingCharacters(in: .whitespaces) }
            }
            guard figures.count == 3 else {
                throw DriverFailure("cannot read what Kafka's EndToEndLatency printed", reason: text)
            }
            return ["\(figures[0]) ms", "\(figures[1]) ms", "\(figures[2]) ms (p99.9)"]
        }
    }
}
