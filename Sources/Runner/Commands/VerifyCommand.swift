import Pipeline
import Stages

/// `runner verify ARCHIVE…`
struct VerifyCommand {
    /// How often the live line is drawn.
    private static let interval = Duration.milliseconds(200)

    let options: VerifyOptions
    let output: StandardError
    let log: Log
    let clock: any PipelineClock

    /// Verifies, prints what was found, and tells how it went.
    /// - Returns: the exit code: 0, or 1 where there are differences.
    /// - Throws: ``PipelineError`` where no proof can be given.
    func run() throws(PipelineError) -> Int32 {
        var streams = options.streams
        for path in options.reportPaths { streams += try ReportedStreams.read(path) }
        let verification = ArchiveVerification(
            archives: options.archives, expectations: streams, log: try logAccess())
        let report = try shown { progress throws(PipelineError) in try verification.report(progress: progress) }
        try StandardOutput.write(
            options.format == .json ? VerificationJSON.text(report) + "\n" : VerificationText.text(report))
        return report.isProven ? ExitCode.done : ExitCode.differences
    }

    private func logAccess() throws(PipelineError) -> LogAccess? {
        guard let brokers = options.brokers else { return nil }
        let properties = try options.propertiesPath.map(PropertiesFile.read) ?? [:]
        return try LogAccess(brokers: brokers, properties: properties, clock: clock, log: log)
    }

    /// Runs with a live line on a terminal; elsewhere the few seconds pass in silence.
    private func shown(
        _ body: (@escaping ArchiveVerification.Progress) throws(PipelineError) -> VerificationReport
    ) throws(PipelineError) -> VerificationReport {
        guard output.isTerminal, !options.isQuiet else { return try body { _ throws(PipelineError) in } }
        var next = clock.now
        var meter = RateMeter()
        var kind: ProofReport.Kind?
        defer { output.show("") }
        return try body { progress throws(PipelineError) in
            let now = clock.now
            if progress.kind != kind {
                kind = progress.kind
                meter = RateMeter()
                meter.note(0, at: now)
            }
            guard now >= next else { return }
            next = now + Self.interval
            meter.note(progress.done, at: now)
            output.show(
                ProgressDisplay.fit(
                    VerificationText.line(progress, rate: meter.perSecond), columns: output.columns))
        }
    }
}
