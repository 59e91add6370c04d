import Driving
import Foundation

/// Instructions a record, counted by valgrind's callgrind: of one binary they are the same to a thousandth in every run,
/// whatever else the machine does, so that a change of a few percent shows where times do not. What the kernel does, and
/// what a cache misses, they do not show.
struct InstructionsBenchmark: Benchmark {
    /// Something that is run at two lengths; start and end are the same in both.
    private struct Part {
        var name: String
        /// Records of the shorter run.
        var records: Int
        var program: MeasuredProgram
    }

    private static let parts = [
        Part(name: "the generator's text of a record", records: 50_000, program: .probe(.generator, [])),
        Part(name: "the eleven fields of a record parsed", records: 50_000, program: .probe(.parse, [11])),
        Part(name: "two fields of a record parsed", records: 50_000, program: .probe(.parse, [2])),
        Part(name: "a channel, a batch, the sender running ahead", records: 50_000, program: .probe(.channel, [1_000])),
        Part(name: "generator → discard", records: 100_000, program: .pipeline("Benchmarks/Pipelines/generate.json")),
        Part(
            name: "generator → sqlite, keyed", records: 50_000,
            program: .pipeline("Benchmarks/Pipelines/generate-archive.json")),
    ]

    let name = "instructions"
    let summary = "instructions a record by callgrind, which repeat where times do not"

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        var result = BenchmarkResult(name: name, table: Table(head: ["what", "instructions a record"]))
        let runner = try stripped(surroundings.runner.path, surroundings)
        let driver = try stripped(CommandLine.arguments[0], surroundings)
        for part in Self.parts {
            let short = try count(part, part.records, runner, driver, surroundings)
            let long = try count(part, part.records * 2, runner, driver, surroundings)
            let figure = Double(long - short) / Double(part.records)
            surroundings.progress("\(part.name): \(Figures.count(figure))")
            result.table.rows.append([part.name, Figures.count(figure)])
            result.figures[part.name] = figure
        }
        return result
    }

    /// A copy of a program without what debuggers read: valgrind 3.19 gives up on Swift's.
    private func stripped(_ path: String, _ surroundings: Surroundings) throws -> String {
        let copy = "\(surroundings.folder)/stripped-\(URL(filePath: path).lastPathComponent)"
        _ = try ChildProcess.run(Command("objcopy", ["--strip-debug", path, copy]), in: surroundings.folder)
        return copy
    }

    private func count(
        _ part: Part, _ records: Int, _ runner: String, _ driver: String, _ surroundings: Surroundings
    ) throws -> Int {
        try surroundings.withDatabase { database in
            let words =
                switch part.program {
                case .probe(let probe, let more): [driver] + probe.arguments([records] + more)
                case .pipeline(let file): [runner, file, "-q"]
                }
            let ending = try ChildProcess.run(
                Command(
                    "valgrind",
                    ["--tool=callgrind", "--callgrind-out-file=\(surroundings.folder)/callgrind"] + words,
                    variables: [
                        "COUNT": "\(records)", "DATABASE": database, "LD_PRELOAD": PreloadedLibrary.callgrindAid.path(),
                    ]),
                in: surroundings.folder)
            guard let instructions = Self.instructions(in: ending.errors) else {
                throw DriverFailure("cannot read what callgrind counted", reason: ending.errors)
            }
            return instructions
        }
    }

    /// What callgrind says at the end: `==123== Collected : 55828656`.
    static func instructions(in text: String) -> Int? {
        text.split(separator: "\n").last { $0.contains(" Collected : ") }?.split(separator: " ").last.flatMap {
            Int($0)
        }
    }
}
