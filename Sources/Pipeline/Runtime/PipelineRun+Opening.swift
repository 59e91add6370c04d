/// A stage that was opened, so that it can be closed whatever happens.
enum OpenedStage: Sendable {
    case source(any Source)
    case transform(any Transform)
    case sink(SinkLane)

    func close() async {
        switch self {
        case .source(let source): await source.close()
        case .transform(let transform): await transform.close()
        case .sink(let lane): await lane.close()
        }
    }
}

/// An opening that failed, with what must be closed.
struct OpeningFailure: Error {
    var opened: [OpenedStage]
    var stage: String
    var error: any Error
}

extension PipelineRun {
    /// Opens every stage, sinks first: a source asks the owners where to start. Then tells each that all are open.
    /// - Throws: ``OpeningFailure``.
    func openAll() async throws -> [OpenedStage] {
        let opened = Lock<[OpenedStage]>([])
        let current = Lock("")
        let opening = Task { [self] in
            for lane in sinks {
                current.withLock { $0 = lane.name }
                opened.withLock { $0.append(.sink(lane)) }
                try await lane.open(context(of: lane))
            }
            for lane in transforms {
                current.withLock { $0 = lane.name }
                opened.withLock { $0.append(.transform(lane.transform)) }
                try await lane.transform.open(stageContext(lane.name, index: lane.index))
            }
            current.withLock { $0 = parts.source.name }
            opened.withLock { $0.append(.source(parts.source.stage)) }
            try await parts.source.stage.open(
                SourceContext(
                    stage: stageContext(parts.source.name, index: 0),
                    owners: sinks.compactMap { $0.sink as? any PositionOwner }))
            for lane in sinks {
                current.withLock { $0 = lane.name }
                try await lane.sink.start()
            }
            // From the end: a time that counts behind a pace begins before it, so that of a hundred a second for ten
            // seconds the hundred at the beginning of the eleventh are too late.
            for lane in transforms.reversed() {
                current.withLock { $0 = lane.name }
                try await lane.transform.start()
            }
            current.withLock { $0 = parts.source.name }
            try await parts.source.stage.start()
            try Task.checkCancellation()
        }
        times.withLock { $0.opening = opening }
        if stopControl.stop != nil { opening.cancel() }
        do {
            try await withTaskCancellationHandler {
                try await opening.value
            } onCancel: {
                opening.cancel()
            }
        } catch {
            throw OpeningFailure(
                opened: opened.withLock { $0 }, stage: current.withLock { $0 }, error: error)
        }
        return opened.withLock { $0 }
    }

    func stageContext(_ name: String, index: Int) -> StageContext {
        StageContext(
            name: name, pipeline: parts.name, log: log.child(name), clock: clock, shard: parts.shard,
            stop: { [weak self] reason in self?.requestStop(reason, at: index) })
    }

    /// The context for a sink's present generation. It does not hold the sink, which holds it.
    func context(of lane: SinkLane) -> SinkContext {
        let index = lane.index
        let generation = tracker.generation(of: index)
        return SinkContext(
            stage: stageContext(lane.name, index: 0), takesDeadLetters: lane.name == parts.deadLetters,
            group: parts.source.stage.group,
            barrier: { [tracker] claims in
                guard try await tracker.waitForOthers(claims, sink: index) else {
                    throw PipelineError(
                        .inputOutput, "cannot commit",
                        reason: "another required sink has failed and does not hold the records")
                }
            },
            failure: { [weak lane, tracker] error in
                lane?.fail(error, generation: generation)
                tracker.interruptSettling(sink: index)
            })
    }
}
