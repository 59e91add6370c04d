import Pipeline

/// Shows how pipelines are doing while they run: one live line on a terminal, a log line every ten seconds elsewhere.
struct ProgressDisplay: Sendable {
    /// How often the live line is drawn.
    static let liveInterval = Duration.milliseconds(200)
    /// How often a log line is written.
    static let logInterval = Duration.seconds(10)

    let pipelines: [PipelineRun]
    let output: StandardError
    let log: Log
    let clock: any PipelineClock

    /// Shows progress until the task is cancelled.
    func run() async {
        var meters = pipelines.map { _ in RateMeter() }
        let interval = output.isTerminal ? Self.liveInterval : Self.logInterval
        var next = clock.now
        for index in meters.indices { meters[index].note(0, at: next) }
        while true {
            next += interval
            do { try await clock.sleep(until: next) } catch { break }
            for (index, pipeline) in pipelines.enumerated() {
                meters[index].note(pipeline.progress.records, at: clock.now)
            }
            if output.isTerminal {
                let running = zip(pipelines, meters).map { ($0.progress, $1.perSecond) }.filter {
                    $0.0.outcome == .running
                }
                let columns = output.columns / max(1, running.count) - 2
                output.show(
                    running.map { Self.fit(Self.live($0, rate: $1), columns: columns) }.joined(separator: " │ "))
            } else {
                for (pipeline, meter) in zip(pipelines, meters) {
                    let progress = pipeline.progress
                    guard progress.outcome == .running else { continue }
                    log.child(progress.pipeline).info(Self.line(progress, rate: meter.perSecond))
                }
            }
        }
        output.show("")
    }

    static func live(_ report: RunReport, rate: Double) -> String {
        "\(report.pipeline) " + line(report, rate: rate)
    }

    static func line(_ report: RunReport, rate: Double) -> String {
        var parts = ["\(Figures.rate(rate))/s", "total \(report.records.grouped)"]
        parts += report.stages.flatMap { $0.measurements.compactMap(\.live) }
        return parts.joined(separator: " · ")
    }

    /// Cuts a line to the terminal's width: one that wraps could not be erased again.
    static func fit(_ line: String, columns: Int) -> String {
        line.count < columns ? line : String(line.prefix(max(1, columns - 2))) + "…"
    }
}

/// Records a second over the last second or so, so that the figure is steady and still follows a change.
struct RateMeter {
    private var samples: [(time: Duration, records: Int)] = []
    /// The rate; 0 before two samples.
    private(set) var perSecond = 0.0

    /// Notes a total.
    mutating func note(_ records: Int, at time: Duration) {
        samples.append((time, records))
        while samples.count > 2, time - samples[1].time >= .seconds(1) { samples.removeFirst() }
        guard let first = samples.first, time > first.time else { return }
        perSecond = Double(records - first.records) / ((time - first.time) / .seconds(1))
    }
}
