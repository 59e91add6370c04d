import Driving
import Foundation

/// Measures what the runner does, beside what plain C programs take for the same work.
@main
enum Benchmarks {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            if arguments.first == "probe" { return try await Probe.run(Array(arguments.dropFirst())) }
            let options = try Options(arguments)
            let benchmarks = try AllBenchmarks.named(options.names)
            switch options.action {
            case .help: print(Options.usage, terminator: "")
            case .list: print(list(benchmarks), terminator: "")
            case .needsBroker: exit(benchmarks.contains { $0.needsBroker } ? 0 : 1)
            case .run: try Session(options).run(benchmarks)
            }
        } catch {
            StandardError.write("error: \(error)")
            exit(1)
        }
    }

    private static func list(_ benchmarks: [any Benchmark]) -> String {
        let width = benchmarks.map(\.name.count).max() ?? 0
        return benchmarks.map { benchmark in
            let name = benchmark.name.padding(toLength: width, withPad: " ", startingAt: 0)
            return "\(name)  \(benchmark.summary)\(benchmark.needsBroker ? " (needs a broker)" : "")\n"
        }.joined()
    }
}
