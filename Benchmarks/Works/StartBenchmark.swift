import Driving

/// How long a person waits before anything happens.
struct StartBenchmark: Benchmark {
    let name = "start"
    let summary = "runner --version, runner check of shipped files"

    private let commands: [(words: [String], limit: Double)] = [
        (["--version"], 15),
        (["check", "pipelines/produce.json"], 30),
        (["check", "pipelines/consume-to-sqlite.json"], 30),
    ]

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        var result = BenchmarkResult(name: name, table: Table(head: ["command", "time", "CPU"]))
        // What starting any program costs here, and what is measured in vain: the driver's own part.
        let floor = try measure(Command("/bin/true"), surroundings)
        result.table.rows.append(row("`true`", floor))
        for (words, limit) in commands {
            let spreads = try measure(Command(surroundings.runner.path, words), surroundings)
            let line = "runner " + words.joined(separator: " ")
            result.table.rows.append(row("`\(line)`", spreads))
            result.figures["ms, \(line)"] = spreads.wall.median
            result.goals.append(.atMost(limit, "ms, \(line)", spreads.wall.median))
        }
        return result
    }

    /// Ten times as often as the options say: a start is short, and the scheduler's mood shows.
    private func measure(
        _ command: Command, _ surroundings: Surroundings
    ) throws -> (wall: Spread, cpu: Spread) {
        var wall: [Double] = []
        var cpu: [Double] = []
        for round in 0...surroundings.options.pairs * 10 {
            let ending = try ChildProcess.run(command, in: surroundings.folder)
            if round == 0 { continue }
            wall.append(ending.wall / .milliseconds(1))
            cpu.append(ending.cpu / .milliseconds(1))
        }
        return (Spread(wall), Spread(cpu))
    }

    private func row(_ what: String, _ spreads: (wall: Spread, cpu: Spread)) -> [String] {
        [what, Figures.spread(spreads.wall, unit: " ms"), Figures.spread(spreads.cpu, unit: " ms")]
    }
}
