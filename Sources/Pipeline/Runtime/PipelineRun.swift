/// A pipeline that runs once: opens its stages, moves batches until the source ends or a stop, drains, closes, reports.
///
/// One actor a stage, one task a stage in one task group, a bounded channel between neighbours. The task of a stage with a
/// thread of its own runs there.
public final class PipelineRun: Sendable {
    /// Records a sink may have on their way to it; a larger one costs memory and gains nothing.
    static let window = 10_000

    struct Times {
        var started: Duration?
        var stopped: Duration?
        var ended: Duration?
        var patience: ScheduledAction?
        var isPatienceLimited = false
        var hasDrained = false
        var opening: Task<Void, any Error>?
        var isCutOff = false
    }

    let parts: PipelineParts
    let clock: any PipelineClock
    let log: Log
    let sourceLedger = StageLedger()
    // Added to by the source's task, read by whoever looks.
    let batchRecords = Lock(Histogram(bounds: Histogram.records))
    let transforms: [TransformLane]
    let sinks: [SinkLane]
    let tracker: DeliveryTracker
    let distributor: Distributor
    let stopControl = StopControl()
    let completion = Completion()
    // Read by the live line while the run's own tasks write it.
    let times = Lock(Times())

    /// Puts a pipeline together; opens nothing.
    /// - Parameters:
    ///   - parts: the stages.
    ///   - clock: the time.
    ///   - log: where to write.
    public init(_ parts: PipelineParts, clock: any PipelineClock, log: Log) {
        self.parts = parts
        self.clock = clock
        self.log = log.child(parts.name)
        let steps = FieldSteps(parts)
        // A quarter for what lies between the stages, the rest for what the sinks have not acknowledged.
        let between = parts.memory / 4 / max(1, parts.transforms.count)
        transforms = parts.transforms.enumerated().map { index, part in
            TransformLane(index: index + 1, part: part, memory: between, fields: steps.transforms[index])
        }
        let anyRequired = parts.sinks.contains { $0.isRequired }
        sinks = parts.sinks.enumerated().map { index, part in
            // The place for dead letters is required: a position past a dead record may be stored only when the record
            // is. Where no sink is required, all are.
            let isRequired = part.isRequired || !anyRequired || part.sink.name == parts.deadLetters
            return SinkLane(index: index, part: part, isRequired: isRequired, memory: parts.memory / 4 * 3)
        }
        tracker = DeliveryTracker(
            roles: sinks.map { .init(isRequired: $0.isRequired, isOwner: $0.sink is any PositionOwner) })
        distributor = Distributor(
            lanes: sinks, tracker: tracker, clock: clock, fields: steps.sinks,
            deadLane: parts.sinks.firstIndex { $0.sink.name == parts.deadLetters },
            deadShareLimit: parts.deadShareLimit)
    }

    /// The pipeline's name.
    public var name: String { parts.name }

    /// Where a stage sends to.
    /// - Parameter stage: the stage's index: 0 is the source, the transforms follow.
    func output(of stage: Int) -> any BatchOutput {
        stage < transforms.count ? transforms[stage].input : distributor
    }

    // MARK: Stopping

    /// Stops the pipeline at its source: what the source has given drains to the sinks under the drain timeout, and the
    /// run ends. From any thread; a second call has no effect (cancel the task of ``run()`` to end at once).
    /// - Parameter reason: why.
    public func requestStop(_ reason: StopReason) {
        requestStop(reason, at: 0)
    }

    func requestStop(_ reason: StopReason, at stage: Int) {
        if reason != .endOfInput { limitPatience() }
        // What cannot be read again passes: the stop moves up to the source.
        let stage = parts.source.stage.isReplayable ? stage : 0
        guard stopControl.request(StopControl.Stop(stage: stage, reason: reason)) else { return }
        let now = clock.now
        let opening = times.withLock { times in
            times.stopped = now
            return times.opening
        }
        opening?.cancel()
        for index in 0..<max(1, stage) { output(of: index).stopSender() }
        for transform in transforms where transform.index <= stage { transform.input.interruptReceiver() }
    }

    /// Ends the run with an error: the stages behind the failed one drain.
    func fail(_ error: any Error, stage: String, at index: Int) {
        guard !(error is CancellationError) else { return }
        let error = PipelineError(wrapping: error, stage: stage)
        stopControl.fail(error)
        requestStop(.interrupted, at: index)
    }

    /// From now on draining may take the drain timeout. The end of input by itself sets no limit: nobody is in a hurry,
    /// and an outage is waited out.
    func limitPatience() {
        let mayBegin = times.withLock { times in
            guard !times.isPatienceLimited, times.started != nil, !times.hasDrained else { return false }
            times.isPatienceLimited = true
            return true
        }
        guard mayBegin else { return }
        // Outside the lock: a clock may call at once what is due at once.
        let patience = clock.schedule(at: clock.now + parts.drainTimeout) { [weak self] in self?.cutOff() }
        let isOver = times.withLock { times in
            times.patience = patience
            return times.hasDrained
        }
        if isOver { patience.cancel() }
    }

    private func cutOff() {
        let isInTime = times.withLock { times in
            if !times.hasDrained { times.isCutOff = true }
            return times.isCutOff
        }
        if isInTime { completion.complete() }
    }

    // MARK: Running

    /// Runs the pipeline to its end. Call once.
    ///
    /// Cancelling the task cuts everything off: what is not acknowledged then is not delivered. Whatever happens, every
    /// stage that was opened is closed, in reverse order, before the call returns.
    /// - Returns: what was done, the ledger settled.
    public func run() async -> RunReport {
        var opened: [OpenedStage] = []
        do {
            opened = try await openAll()
            times.withLock { $0.started = clock.now }
            // A stop that came just before found nothing to limit.
            if let stop = stopControl.stop, stop.reason != .endOfInput { limitPatience() }
            await moveBatches()
            let patience = times.withLock { times in
                times.hasDrained = true
                if Task.isCancelled { times.isCutOff = true }
                return times.patience
            }
            patience?.cancel()
        } catch let failure as OpeningFailure {
            opened = failure.opened
            fail(failure.error, stage: failure.stage, at: 0)
        } catch {
            fail(error, stage: parts.name, at: 0)
        }
        let moved = tracker.takeWatermark()
        if !moved.isEmpty { await parts.source.stage.advance(to: moved) }
        for stage in opened.reversed() { await stage.close() }
        times.withLock { $0.ended = clock.now }
        settleLedger()
        return report()
    }

    private func moveBatches() async {
        // A pipeline with a pace keeps to one thread, which sleeps until a record is due and then runs every stage that
        // has no thread of its own. On the pool a tick wakes one thread for another some five times, each a chance to be
        // late: at 2,000 a second 6,000 switches of threads a second instead of 1,000, and 1.7 times the processor time.
        let paced = transforms.contains { $0.transform.pacesDemand } ? ThreadExecutor(name: parts.name) : nil
        let lent = sinks.map { lane in
            paced == nil && lane.sink.prefersOneThread ? ThreadExecutor(name: lane.name) : nil
        }
        defer { for thread in lent + [paced] { thread?.stop() } }
        let clock = paced.map(clock.calling) ?? clock
        // A stage with a thread of its own has its loop there, where the batch is needed: on the pool each batch of an
        // archive changed threads twice in front of the source and twice in front of the sink, a twelfth of the rate.
        func executor(_ thread: ThreadExecutor?) -> ThreadTaskExecutor? {
            (thread ?? paced).map(ThreadTaskExecutor.init)
        }
        let ofSource = executor(parts.source.stage.thread)
        let ofTransforms = transforms.map { executor($0.transform.thread) }
        let ofSinks = zip(sinks, lent).map { executor($0.sink.thread ?? $1) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: ofSource) { await self.runSource() }
            for (lane, executor) in zip(transforms, ofTransforms) {
                group.addTask(executorPreference: executor) { await self.runTransform(lane, clock) }
            }
            for (lane, executor) in zip(sinks, ofSinks) {
                group.addTask(executorPreference: executor) { await self.runSink(lane, clock) }
            }
            await completion.wait()
            group.cancelAll()
        }
    }
}

extension PipelineError {
    /// The error itself with the stage as its place, or any other error as a fault of our own.
    init(wrapping error: any Error, stage: String) {
        if var error = error as? PipelineError {
            error.place = error.place ?? stage
            self = error
        } else {
            self.init(
                .internalFault, "an unforeseen error", place: stage, reason: String(describing: error),
                remedy: "Please report it")
        }
    }
}
