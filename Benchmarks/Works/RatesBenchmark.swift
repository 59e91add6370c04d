import Driving
import Foundation

/// How exactly a rate is kept, from one record a second to half a million.
struct RatesBenchmark: Benchmark {
    private static let rates = [1, 10, 1_000, 10_000, 100_000, 500_000]

    let name = "rates"
    let summary = "generator → rate-gate → discard: the mean, the worst second, how late records pass"

    func run(in surroundings: Surroundings) throws -> BenchmarkResult {
        var result = BenchmarkResult(
            name: name,
            table: Table(head: [
                "records/s", "mean", "worst second", "lag p50", "lag p99", "lag at most",
                "a bare thread's p99", "at most", "CPU of a core",
            ]))
        for rate in Self.rates {
            let reading = try measure(rate, surroundings)
            surroundings.progress(
                "\(rate)/s: mean \(Self.percent(reading.meanError)), worst second \(Self.percent(reading.worstSecond)), "
                    + "lag p99 \(Figures.significant(reading.lag.p99)) ms, a bare thread's "
                    + "\(Figures.significant(reading.machine.p99)) ms")
            result.table.rows.append(
                [Figures.count(Double(rate)), Self.percent(reading.meanError), Self.percent(reading.worstSecond)]
                    + [
                        reading.lag.p50, reading.lag.p99, reading.lag.max, reading.machine.p99, reading.machine.highest,
                    ].map { Figures.significant($0) + " ms" }
                    + [String(format: "%.1f %%", reading.processorShare * 100)])
            result.goals += [
                .atMost(0.1, "% off on average at \(rate)/s", abs(reading.meanError)),
                .atMost(1, "% off in the worst second at \(rate)/s", abs(reading.worstSecond)),
            ]
            if rate <= 100_000 {
                result.goals.append(.atMost(1.5, "ms of lag (p99) at \(rate)/s", reading.lag.p99))
            }
            result.figures["mean error % at \(rate)"] = reading.meanError
            result.figures["worst second % at \(rate)"] = reading.worstSecond
            result.figures["lag p50 ms at \(rate)"] = reading.lag.p50
            result.figures["lag p99 ms at \(rate)"] = reading.lag.p99
            result.figures["lag max ms at \(rate)"] = reading.lag.max
            result.figures["bare thread p99 ms at \(rate)"] = reading.machine.p99
            result.figures["bare thread max ms at \(rate)"] = reading.machine.highest
        }
        return result
    }

    private struct Reading {
        /// Percent by which more records passed than were due; below 0 if fewer.
        var meanError: Double
        /// The same of the second that was furthest off.
        var worstSecond: Double
        var lag: RunnerReport.Stage.Lag
        /// How late a thread woke meanwhile that only sleeps.
        var machine: Percentiles
        /// Of one core.
        var processorShare: Double
    }

    private func measure(_ rate: Int, _ surroundings: Surroundings) throws -> Reading {
        // Record i is due after i periods, so half a period past the end nothing is just about to pass.
        let end = Double(surroundings.options.duration) + 0.5 / Double(rate)
        let run = RunnerProgram.Run(
            pipeline: "Benchmarks/Pipelines/rate.json",
            variables: ["RATE": "\(rate)", "TTL": "\(Int((end * 1e6).rounded(.up)))us"])
        let ((report, ending), machine) = try MachineLag.watching(
            every: .milliseconds(1), progress: surroundings.progress
        ) { try surroundings.runner.measure(run, expecting: nil) }
        let gate = try report.stage("rate-gate")
        guard let lag = gate.scheduleLagMs, let worst = gate.worstSecond else {
            throw DriverFailure("\(rate)/s: no figures", reason: "a run needs more than a second; see --duration")
        }
        // The time it really took, by which the time to live was a moment late.
        let seconds = Double(report.records) / report.recordsPerSecond
        let due = (seconds * Double(rate)).rounded(.down) + 1
        return Reading(
            meanError: (Double(report.records) / due - 1) * 100, worstSecond: worst.deviationPercent, lag: lag,
            machine: machine, processorShare: ending.cpu / ending.wall)
    }

    private static func percent(_ value: Double) -> String {
        value == 0 ? "exact" : String(format: "%+.4f %%", value)
    }
}
