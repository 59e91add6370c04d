import Driving
import Foundation

/// The parts that records meet everywhere, each by itself, in nanoseconds.
struct MicroBenchmark: Benchmark {
    private static let stages = 16

    let name = "micro"
    let summary = "the hop, the channel, the parse and the generator by themselves"

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        let series = try surroundings.alternate([
            probe(.generator, 5_000_000, in: surroundings),
            probe(.parse, 2_000_000, 11, in: surroundings),
            probe(.parse, 2_000_000, 2, in: surroundings),
            probe(.hop, 3_000, 10_000, 0, in: surroundings),
            probe(.hop, 3_000, 10_000, Self.stages, in: surroundings),
            probe(.hop, 20_000, 1, 0, in: surroundings),
            probe(.channel, 500_000, 1_000, in: surroundings),
            probe(.channel, 500_000, 1, in: surroundings),
        ])
        var result = BenchmarkResult(name: name, table: Table(head: ["what", "CPU", "time"]))
        result.series = series
        result.table.rows = [
            row("the generator's text of a record", series[0]),
            row("the eleven fields of a record parsed", series[1]),
            row("two fields of a record parsed", series[2]),
            row("a pass-through stage, a record in a batch of 10,000", from: series[3], to: series[4]),
            row("source → sink and nothing else, a batch", series[5]),
            row("a channel, a batch, the sender running ahead", series[6]),
            row("a channel, a batch, sender and receiver waiting for each other", series[7]),
        ]
        result.goals = [
            .atMost(
                10, "ns of CPU a record in a pass-through stage",
                difference(series[3], series[4]).median)
        ]
        return result
    }

    /// A contestant: this program as a probe.
    private func probe(_ probe: Probe, _ counts: Int..., in surroundings: Surroundings) -> Contestant {
        let words = probe.arguments(counts)
        return Contestant(words.dropFirst().joined(separator: " ")) {
            let ending = try ChildProcess.run(Command(CommandLine.arguments[0], words), in: surroundings.folder)
            let reading = try JSONDecoder().decode(Probe.Reading.self, from: Data(ending.output.utf8))
            var sample = Sample(records: reading.records, seconds: reading.seconds, ending)
            // Of the work alone: the start of the process is not what is measured here.
            sample.cpuSeconds = reading.cpuSeconds
            return sample
        }
    }

    private func row(_ what: String, _ series: Series) -> [String] {
        [
            what, Figures.spread(series.spread { $0.cpuPerRecord * 1e3 }, unit: " ns"),
            Figures.spread(series.spread { 1e9 / $0.rate }, unit: " ns"),
        ]
    }

    /// What one stage costs: the same run with sixteen more. Processor time alone: the stages share the cores, so
    /// the time of the whole is no sum.
    private func row(_ what: String, from fewer: Series, to more: Series) -> [String] {
        [what, Figures.spread(difference(fewer, more), unit: " ns"), ""]
    }

    /// Nanoseconds of processor time a record and stage.
    private func difference(_ fewer: Series, _ more: Series) -> Spread {
        Spread(
            zip(fewer.samples, more.samples).map {
                ($1.cpuPerRecord - $0.cpuPerRecord) * 1e3 / Double(Self.stages)
            })
    }
}
