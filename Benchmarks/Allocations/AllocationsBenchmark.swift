import Driving
import Foundation

/// Allocations a record in steady state. Counts are stable where times are not, so continuous integration can hold the
/// hot paths to them.
struct AllocationsBenchmark: Benchmark {
    let name = "allocations"
    let summary = "allocations a record on the hot paths, start and end cancelled out"
    let needsBroker = true

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        var result = BenchmarkResult(
            name: name,
            table: Table(head: [
                "hot path", "allocations a record", "bytes asked for a record", "of C libraries",
                "blocks kept a record",
            ]))
        for path in HotPath.all {
            if path.broker != .none, surroundings.topics == nil {
                surroundings.progress("\(path.name): left out, there is no broker")
                continue
            }
            let difference = try measure(path, surroundings)
            surroundings.progress("\(path.name): \(Self.figure(difference.ours)) allocations a record")
            result.table.rows.append([
                path.name, Self.figure(difference.ours), Figures.count(max(0, difference.bytes)),
                Self.figure(difference.others), Self.figure(difference.kept),
            ])
            result.figures[path.name] = difference.ours
            result.goals.append(.atMost(path.limit, "allocations a record, \(path.name)", difference.ours))
            // What is never given back a record is a leak, whoever it belongs to.
            result.goals.append(.atMost(0.005, "blocks kept a record, \(path.name)", difference.kept))
        }
        return result
    }

    private struct Difference {
        var ours: Double
        var bytes: Double
        var others: Double
        var kept: Double

        init(_ short: [AllocationCounts], _ long: [AllocationCounts], _ records: Int) {
            func perRecord(_ figure: (AllocationCounts) -> Int) -> Double {
                Double((long.map(figure).min() ?? 0) - (short.map(figure).min() ?? 0)) / Double(records)
            }
            ours = perRecord(\.ours.allocations)
            bytes = perRecord(\.ours.bytes)
            others = perRecord(\.others.allocations)
            kept = perRecord { $0.allocations - $0.givenBack }
        }
    }

    /// Runs a path at two lengths: start, warm-up and end are the same in both, so the difference is steady state.
    ///
    /// Three times, and the lowest figures of each length count: while a broker has little ready, batches are small,
    /// which makes more of them, never fewer. Up to six times before a limit counts as exceeded.
    private func measure(_ path: HotPath, _ surroundings: Surroundings) throws -> Difference {
        var short: [AllocationCounts] = []
        var long: [AllocationCounts] = []
        while true {
            short.append(try counts(path, path.records, surroundings))
            long.append(try counts(path, path.records * 2, surroundings))
            let difference = Difference(short, long, path.records)
            if short.count == 6 || short.count >= 3 && difference.ours <= path.limit { return difference }
        }
    }

    private func counts(_ path: HotPath, _ records: Int, _ surroundings: Surroundings) throws -> AllocationCounts {
        switch path.program {
        case .pipeline(let file): try counts(file, path.broker, records, surroundings)
        case .probe(let probe, let more):
            try counted(surroundings) { variables in
                _ = try ChildProcess.run(
                    Command(CommandLine.arguments[0], probe.arguments([records] + more), variables: variables),
                    in: surroundings.folder)
            }
        }
    }

    private func counts(
        _ file: String, _ broker: HotPath.Broker, _ records: Int, _ surroundings: Surroundings
    ) throws -> AllocationCounts {
        try surroundings.withDatabase { database in
            var run = RunnerProgram.Run(pipeline: file)
            run.variables = ["BURST": "true", "COUNT": "\(records)", "DATABASE": database]
            func count() throws -> AllocationCounts {
                try counted(surroundings) { variables in
                    run.variables.merge(variables) { $1 }
                    _ = try surroundings.runner.measure(run, expecting: records)
                }
            }
            switch broker {
            case .none:
                return try count()
            case .reads:
                run.variables["KAFKA_TOPIC"] = try surroundings.filledTopic(records)
                run.variables["KAFKA_BROKERS"] = surroundings.topics?.brokers
                return try count()
            case .writes:
                let topics = try surroundings.requireTopics()
                return try topics.withTopic { topic in
                    run.variables["KAFKA_TOPIC"] = topic
                    run.variables["KAFKA_BROKERS"] = topics.brokers
                    return try count()
                }
            }
        }
    }

    /// Runs a program with the library in it that counts.
    /// - Parameter program: runs it with these variables.
    private func counted(
        _ surroundings: Surroundings, _ program: (_ variables: [String: String]) throws -> Void
    ) throws -> AllocationCounts {
        let file = "\(surroundings.folder)/allocations"
        try program(["LD_PRELOAD": PreloadedLibrary.allocationCount.path(), "ALLOCATION_COUNT_FILE": file])
        let text = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
        guard let counts = AllocationCounts(text) else {
            throw DriverFailure("cannot read the allocation counts", reason: "\(file) holds: \(text)")
        }
        return counts
    }

    /// Four decimals: one allocation a batch of ten thousand records shows.
    private static func figure(_ value: Double) -> String {
        // Runs of one path differ by a few blocks; a minus sign would only puzzle.
        String(format: "%.4f", max(0, value))
    }
}
