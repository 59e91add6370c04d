import Pipeline
import Stages

/// `runner FILE…`
struct RunCommand {
    let options: RunOptions
    let loading: DefinitionLoading
    let output: StandardError
    let writer: LogWriter

    /// - Returns: the exit code.
    /// - Throws: `DefinitionMistakes`, or ``PipelineError`` before anything was opened.
    func run() async throws -> Int32 {
        let log = writer.log
        let clock = SystemClock()
        var extra: [String: String] = [:]
        var broker: EmbeddedBroker?
        // Checked before the broker starts: a bad file opens nothing.
        var definitions = try loading.definitions(options.files)
        if options.usesEmbeddedBroker {
            let started = try EmbeddedBroker()
            log.warning(
                "the embedded broker is a demonstration: in memory only, the oldest records are dropped silently")
            extra["KAFKA_BROKERS"] = started.address
            definitions = try loading.definitions(options.files, extra: extra)
            for topic in Self.topics(of: definitions) { try started.makeTopic(topic) }
            broker = started
        }
        defer { broker?.stop() }
        let pipelines = try definitions.map { definition in
            PipelineRun(try definition.assemble(), clock: clock, log: log)
        }
        if let path = options.reportPath { try ReportFile.check(path) }
        let probes = try Probes(definitions, pipelines, clock: clock, log: log)
        defer { probes.stop() }
        let group = PipelineGroup(pipelines, clock: clock)
        let signals = Signals { group.signalled() }
        defer { signals.cancel() }
        let reports = await show(pipelines, group, clock, log)
        if let path = options.reportPath {
            try ReportFile.write(reports.map(ReportJSON.text), isArray: options.files.files.count > 1, to: path)
        }
        if group.wasCutOff { return ExitCode.secondInterrupt }
        return reports.map(ExitCode.code(of:)).first { $0 != ExitCode.done } ?? ExitCode.done
    }

    /// The topics that kafka stages name.
    private static func topics(of definitions: [PipelineDefinition]) -> Set<String> {
        var topics: Set<String> = []
        for stage in definitions.flatMap(\.stages) where stage.type == "kafka" {
            if case .text(let topic) = stage.values.all["topic"] { topics.insert(topic) }
        }
        return topics
    }

    private func show(
        _ pipelines: [PipelineRun], _ group: PipelineGroup, _ clock: any PipelineClock, _ log: Log
    ) async -> [RunReport] {
        let display = Task {
            guard !options.isQuiet else { return }
            await ProgressDisplay(pipelines: pipelines, output: output, log: log, clock: clock).run()
        }
        let reports = await group.run()
        display.cancel()
        await display.value
        for report in reports {
            if !options.isQuiet {
                output.write(ReportText.text(report))
            } else if let error = report.error {
                log.child(report.pipeline).error(error.description)
            }
        }
        return reports
    }
}
