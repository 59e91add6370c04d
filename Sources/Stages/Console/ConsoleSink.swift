public import Pipeline
internal import Synchronization

/// Shows records to people: a block, a line or the JSON of each, statistics in between and at the end.
///
/// To a terminal it never waits: past `max_per_second`, or while the terminal takes nothing, records are counted and
/// not shown. To a pipe or a file it writes everything and waits for room. A batch is acknowledged when its records
/// were shown, left out or counted. When the reader of standard output goes away the pipeline stops cleanly.
public actor ConsoleSink: Sink {
    /// The declaration of the stage type.
    public static let definition = StageDefinition(
        .sink, "console", summary: "Shows records on standard output, with statistics and alerts.",
        settings: ConsoleSettings.all,
        example: #"{ "type": "console", "format": "${FORMAT:-compact}", "statistics_interval": 1000 }"#,
        traits: { _ in StageDefinition.Traits(takesDeadLetters: true, isRequired: false) },
        make: { _, values in
            .sink(ConsoleSink(ConsoleSettings(values), output: StandardOutput()))
        })

    /// The fields that are shown or counted.
    public nonisolated let fields: [FieldNeed]
    /// On a terminal once a second, to say how many records were left out.
    public nonisolated let flushInterval: Duration?

    // Records formatted before their text is written: bounds the text held at a time.
    private static let run = 1_000
    // How long a reader that takes nothing is waited for at the end.
    private static let patience = Duration.seconds(2)

    private nonisolated let executor = ThreadExecutor(name: "console")
    private let settings: ConsoleSettings
    private let output: any ConsoleOutput
    private let format: RecordFormat
    private let statisticsText: StatisticsText
    private var context: SinkContext?
    private var writer: TerminalWriter?
    private var rate: DisplayRate
    private var statistics = Statistics()
    private var statisticsTime: Duration?
    private var hasStarted = false
    private var isReaderGone = false
    private var text: [UInt8] = []
    // Records whose lines are in `text`.
    private var linesInText = 0
    // Atomics, because measurements are read beside the actor.
    private nonisolated let shown = Atomic<Int64>(0)
    private nonisolated let leftOut = Atomic<Int64>(0)
    private nonisolated let alerts = Atomic<Int64>(0)

    /// - Parameters:
    ///   - settings: the settings.
    ///   - output: where to write.
    ///   - refusesColor: whether the environment refuses colours.
    init(
        _ settings: ConsoleSettings, output: any ConsoleOutput, refusesColor: Bool = StandardOutput.refusesColor
    ) {
        self.settings = settings
        self.output = output
        let isColored =
            switch settings.color {
            case .auto: output.isTerminal && !refusesColor
            case .always: true
            case .never: false
            }
        let palette = Palette(isOn: isColored)
        format = RecordFormat(settings, palette: palette)
        statisticsText = StatisticsText(palette: palette, showsAlerts: settings.showsAlerts)
        rate = DisplayRate(perSecond: settings.maximumPerSecond)
        fields = settings.fields
        flushInterval = output.isTerminal ? .seconds(1) : nil
    }

    deinit {
        executor.stop()
    }

    /// A thread of its own: a pipe or file may block.
    public nonisolated var thread: ThreadExecutor? { executor }
    /// The thread's.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Starts the terminal's thread, if there is one.
    public func open(_ context: SinkContext) {
        self.context = context
        guard output.isTerminal, writer == nil else { return }
        let stage = context.stage
        writer = TerminalWriter(output: output) { _ in
            stage.log.info("the terminal has gone; stopping")
            stage.requestStop(.endOfInput)
        }
    }

    /// From here on there are final statistics to show.
    public func start() async {
        hasStarted = true
    }

    /// Counts and shows the batch's records, then acknowledges it.
    public func write(_ batch: Batch, receipt: Receipt) throws {
        let now = context?.stage.clock.now ?? .zero
        var next = 0
        while next < batch.records.count {
            let end = next + min(batch.records.count - next, Self.run, recordsUntilStatistics)
            if settings.countsRecords { statistics.add(next..<end, of: batch) }
            try show(next..<end, of: batch, at: now)
            next = end
            if settings.countsStatistics, recordsUntilStatistics == settings.statisticsInterval {
                try showStatistics(at: now)
            }
        }
        if context?.takesDeadLetters == true { try showDead(of: batch, at: now) }
        try sayLeftOut(at: now)
        alerts.store(Int64(statistics.alerts), ordering: .relaxed)
        receipt.acknowledge()
    }

    /// Says how many records were left out of late.
    public func flush() async throws {
        try sayLeftOut(at: context?.stage.clock.now ?? .zero)
    }

    /// Shows the final statistics, and waits a little for a terminal that is slow to take them.
    public func close() async {
        if hasStarted {
            hasStarted = false
            showEnd()
        }
        if let writer, !writer.finish(within: Self.patience) {
            context?.stage.log.warning("the terminal did not take the last lines; the final statistics may be missing")
        }
        writer = nil
    }

    /// Records shown and left out, and alerts.
    public nonisolated var measurements: [Measurement] {
        [
            Measurement.total("shown", shown.load(ordering: .relaxed)),
            Measurement.total("left_out", leftOut.load(ordering: .relaxed)),
            Measurement.total("alerts", alerts.load(ordering: .relaxed)),
        ]
    }
}

extension ConsoleSink {
    /// Whether statistics are written among the records. JSON is for programs, whose input they would break.
    private var showsStatistics: Bool { settings.countsStatistics && settings.format != .json }

    private var recordsUntilStatistics: Int {
        guard settings.statisticsInterval > 0 else { return Int.max }
        return settings.statisticsInterval - statistics.total % settings.statisticsInterval
    }

    private func show(_ range: Range<Int>, of batch: Batch, at now: Duration) throws {
        guard settings.format != .none else { return }
        let count = writer == nil ? range.count : rate.admit(range.count, at: now)
        leftOut.add(Int64(range.count - count), ordering: .relaxed)
        format.append(range.prefix(count), of: batch, to: &text)
        linesInText = count
        try put()
    }

    private func showDead(of batch: Batch, at now: Duration) throws {
        let count = writer == nil ? batch.dead.count : rate.admit(batch.dead.count, at: now)
        leftOut.add(Int64(batch.dead.count - count), ordering: .relaxed)
        for dead in batch.dead.prefix(count) { format.append(dead, of: batch, to: &text) }
        linesInText = count
        try put()
    }

    private func showStatistics(at now: Duration) throws {
        guard showsStatistics else { return }
        if writer != nil, settings.maximumPerSecond > 0 {
            // They are of the whole run so far: one that is passed over is contained in the next.
            if let statisticsTime, now - statisticsTime < .seconds(1) { return }
            statisticsTime = now
        }
        statisticsText.append(statistics, isFinal: false, to: &text)
        try put()
    }

    private func sayLeftOut(at now: Duration, isLast: Bool = false) throws {
        guard let count = rate.notice(at: now, isLast: isLast) else { return }
        text += "… \(count) more not shown\n".utf8
        try put()
    }

    private func showEnd() {
        do {
            try sayLeftOut(at: context?.stage.clock.now ?? .zero, isLast: true)
            guard settings.countsStatistics else { return }
            guard showsStatistics else { return logStatistics() }
            statisticsText.append(statistics, isFinal: true, to: &text)
            try put(isPressing: true)
        } catch {
            context?.stage.log.warning("the final statistics could not be written", Log.Detail("reason", "\(error)"))
        }
    }

    private func logStatistics() {
        var sum: [UInt8] = []
        Money.append(statistics.successfulCents, isGrouped: false, to: &sum)
        context?.stage.log.info(
            "statistics", Log.Detail("transactions", "\(statistics.total)"),
            Log.Detail("successful_amount", String(decoding: sum, as: UTF8.self)),
            Log.Detail("alerts", "\(statistics.alerts)"))
    }

    /// Writes ``text`` and empties it.
    private func put(isPressing: Bool = false) throws {
        defer {
            text.removeAll(keepingCapacity: true)
            linesInText = 0
        }
        guard !text.isEmpty, !isReaderGone else { return }
        if let writer {
            if writer.offer(text, isPressing: isPressing) {
                shown.add(Int64(linesInText), ordering: .relaxed)
            } else {
                leftOut.add(Int64(linesInText), ordering: .relaxed)
                rate.leaveOut(linesInText)
            }
            return
        }
        try write(isLast: isPressing)
        shown.add(Int64(linesInText), ordering: .relaxed)
    }

    private func write(isLast: Bool) throws {
        let clock = context?.stage.clock
        let deadline = (clock?.now ?? .zero) + Self.patience
        do throws(Descriptor.WriteFailure) {
            try output.write(text) { isLast ? (clock?.now ?? deadline) < deadline : !Task.isCancelled }
        } catch {
            switch error {
            case .closed:
                isReaderGone = true
                context?.stage.log.info("the reader of standard output has gone; stopping")
                context?.stage.requestStop(.endOfInput)
            case .abandoned:
                throw CancellationError()
            case .refused(let failure, _):
                // Not for another attempt: records that come again would be counted twice.
                throw PipelineError(
                    .inputOutput, "cannot write to standard output", reason: failure.words, remedy: failure.remedy)
            }
        }
    }
}
