extension PipelineRun {
    /// What the pipeline has done so far. From any thread; counters are read while the stages work.
    public var progress: RunReport { report() }

    /// Whether the run does its work. From any thread.
    public var health: RunHealth {
        let now = clock.now
        let contacts =
            [(parts.source.name, parts.source.stage.contact)]
            + sinks.filter(\.isRequired).map { ($0.name, $0.sink.contact) }
        return RunHealth(
            isRunning: times.withLock { $0.started != nil && $0.ended == nil } && stopControl.stop == nil,
            connections: contacts.compactMap { stage, contact in
                switch contact {
                case .none: nil
                case .awaited: .init(stage: stage, silence: nil)
                case .answered(let time): .init(stage: stage, silence: now - time)
                }
            },
            oldestUnacknowledged: tracker.oldestOutstanding.map { now - $0 })
    }

    /// After a run that was cut off, what is left inside or in front of a stage counts as returned. In a run that ended
    /// in order nothing is left, and the ledger shows it if that is not so.
    func settleLedger() {
        for lane in sinks {
            for delivery in lane.channel.close() {
                lane.ledger.entered.count(delivery.batch.records.count)
            }
            let pending = max(0, lane.ledger.entry.pending)
            let left = tracker.unacknowledged(sink: lane.index).reduce(0) { $0 + $1.item.records.count }
            // The batches of a sink that was given up are let go, and cannot be counted one by one.
            lane.ledger.returned.count(tracker.isLost(sink: lane.index) ? pending : min(left, pending))
        }
        let isCutShort = times.withLock { $0.isCutOff } || stopControl.error != nil
        guard isCutShort else { return }
        for ledger in [sourceLedger] + transforms.map(\.ledger) {
            ledger.returned.count(max(0, ledger.entry.pending))
        }
    }

    /// Records that had passed the stop and were delivered nowhere.
    private var givenUp: Int {
        let stop = stopControl.stop?.stage ?? 0
        let inTransforms = transforms.reduce(0) { $0 + ($1.index > stop ? $1.ledger.entry.returned : 0) }
        let inSinks = sinks.filter(\.isRequired).map(\.ledger.entry.returned).max() ?? 0
        return inTransforms + inSinks
    }

    func report() -> RunReport {
        let times = times.withLock { $0 }
        var stages = [
            StageReport(
                name: parts.source.name, type: parts.source.type, kind: .source, ledger: sourceLedger.entry,
                bytes: sourceLedger.bytes.load(ordering: .relaxed), heldBack: nil,
                measurements: parts.source.stage.measurements + [
                    Measurement("batch_records", .histogram(batchRecords.withLock { $0 }))
                ])
        ]
        stages += transforms.map {
            StageReport(
                name: $0.name, type: $0.type, kind: .transform, ledger: $0.ledger.entry,
                bytes: $0.ledger.bytes.load(ordering: .relaxed), heldBack: nil,
                measurements: $0.transform.measurements)
        }
        stages += sinks.map {
            StageReport(
                name: $0.name, type: $0.type, kind: .sink, ledger: $0.ledger.entry,
                bytes: $0.ledger.bytes.load(ordering: .relaxed),
                heldBack: .nanoseconds($0.heldBack.load(ordering: .relaxed)), measurements: $0.measurements)
        }
        let required = sinks.filter(\.isRequired)
        let imbalance = times.ended == nil ? nil : imbalance(stages)
        var error = stopControl.error
        if error == nil, let imbalance {
            error = PipelineError(
                .internalFault, "the ledger does not balance", reason: imbalance,
                remedy: "Please report it: records may be missing or doubled")
        }
        let started = times.started ?? clock.now
        let ended = times.ended ?? clock.now
        let isDrainingWork = stopControl.stop.map { $0.reason == .endOfInput } ?? true
        let flowEnd = isDrainingWork ? ended : times.stopped ?? ended
        return RunReport(
            pipeline: parts.name, outcome: outcome(times, error), elapsed: max(.zero, ended - started),
            flowing: max(.zero, flowEnd - started),
            records: required.map { $0.ledger.entry.out }.min() ?? 0,
            bytes: required.map { $0.ledger.bytes.load(ordering: .relaxed) }.min() ?? 0,
            givenUp: times.isCutOff ? givenUp : 0,
            isBalanced: imbalance == nil, imbalance: imbalance, error: error, stages: stages)
    }

    private func outcome(_ times: Times, _ error: PipelineError?) -> RunOutcome {
        guard times.ended != nil else { return .running }
        if error != nil { return .failed }
        return switch stopControl.stop?.reason {
        case .endOfInput: .completed
        case .timeToLive: .timeToLive
        case .interrupted, nil: .interrupted
        }
    }

    /// Checks each stage's equation, and that what one gave is what the next was given.
    private func imbalance(_ stages: [StageReport]) -> String? {
        for stage in stages where stage.ledger.pending != 0 {
            let ledger = stage.ledger
            return "stage \(stage.name): in \(ledger.in), out \(ledger.out), dropped \(ledger.dropped), "
                + "dead \(ledger.dead), returned \(ledger.returned)"
        }
        for (before, after) in zip(stages, stages.dropFirst()) where after.kind == .transform {
            if before.ledger.out != after.ledger.in {
                return "\(before.name) gave \(before.ledger.out) and \(after.name) got \(after.ledger.in)"
            }
        }
        let given = stages[transforms.count].ledger.out
        let rejectedAhead = distributor.rejectedAhead
        for lane in sinks where !tracker.isLost(sink: lane.index) {
            let got = lane.ledger.entry.in - lane.rejectedAhead.load(ordering: .relaxed) + rejectedAhead
            if got != given { return "\(stages[transforms.count].name) gave \(given) and \(lane.name) got \(got)" }
        }
        return nil
    }
}
