import Driving
import Foundation

/// One run of the driver: prepares what benchmarks need, runs them one after the other, and shows and writes what they
/// found.
struct Session {
    private struct Results: Encodable {
        var machine: Machine
        var pairs: Int
        var records: Int
        var results: [BenchmarkResult]
    }

    private static let document = "docs/performance.md"

    private let options: Options

    /// - Throws: ``DriverFailure`` if the current folder is not the repository's.
    init(_ options: Options) throws(DriverFailure) {
        self.options = options
        guard FileManager.default.fileExists(atPath: "Benchmarks/Pipelines") else {
            throw DriverFailure(
                "Benchmarks/Pipelines is not here", reason: "the current folder must be the repository's")
        }
    }

    /// Runs benchmarks. What was found is shown at once and written after each, so that an interruption loses only the
    /// one that was under way; one that fails does not keep the others from running.
    /// - Throws: ``DriverFailure`` at the end, if one failed or a goal was missed that is to be checked.
    func run(_ benchmarks: [any Benchmark]) throws {
        let signals = RunningChildren.endOnSignals()
        defer { for signal in signals { signal.cancel() } }
        let folder = options.folder ?? NSTemporaryDirectory() + "sluice-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { if options.folder == nil { try? FileManager.default.removeItem(atPath: folder) } }
        let surroundings = try surroundings(folder)
        var results: [BenchmarkResult] = []
        var failures: [String] = []
        for benchmark in benchmarks {
            StandardError.write("== \(benchmark.name): \(benchmark.summary)")
            do {
                let result = try benchmark.run(in: surroundings)
                results.append(result)
                show(result, benchmark)
                try write(results)
                if options.writesDocument { try update(result) }
                if options.checksGoals { failures += result.goals.filter { !$0.isMet }.map(\.text) }
            } catch {
                StandardError.write("error: \(error)")
                failures.append("\(benchmark.name) failed")
            }
        }
        guard failures.isEmpty else {
            throw DriverFailure("not all went well", reason: failures.joined(separator: "; "))
        }
    }

    private func surroundings(_ folder: String) throws(DriverFailure) -> Surroundings {
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "runner").path
        let runner = options.runner ?? beside
        guard FileManager.default.isExecutableFile(atPath: runner) else {
            throw DriverFailure("\(runner) is not there", reason: "build the runner, or name it by --runner")
        }
        return Surroundings(
            options: options, runner: RunnerProgram(path: runner, folder: folder),
            anchors: options.anchors.map { Anchors(folder: $0, work: folder) },
            topics: try options.brokers.map { brokers throws(DriverFailure) in try Topics(brokers: brokers) },
            folder: folder, progress: { StandardError.write("   \($0)") })
    }

    private func show(_ result: BenchmarkResult, _ benchmark: any Benchmark) {
        print("\n### \(benchmark.name): \(benchmark.summary)\n\n\(result.table.markdown)\n")
        for goal in result.goals { print(goal.text) }
        // Standard output may be a file; who follows it wants to see each result when it is there.
        fflush(nil)
    }

    private func write(_ results: [BenchmarkResult]) throws {
        guard let path = options.json else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let all = Results(machine: .current, pairs: options.pairs, records: options.records, results: results)
        try (encoder.encode(all) + Data("\n".utf8)).write(to: URL(filePath: path), options: .atomic)
    }

    private func update(_ result: BenchmarkResult) throws {
        let url = URL(filePath: Self.document)
        let document = MarkedDocument(text: try String(contentsOf: url, encoding: .utf8))
        guard let updated = document.replacing(result.name, with: result.table.markdown) else {
            StandardError.write("\(Self.document) has no place for \(result.name)")
            return
        }
        // A document may also say where its figures were measured.
        let located = updated.replacing("machine", with: Machine.current.text) ?? updated
        try located.text.write(to: url, atomically: true, encoding: .utf8)
    }
}
