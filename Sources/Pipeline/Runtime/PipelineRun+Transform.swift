extension PipelineRun {
    /// A transform's task: hands demand up and batches down.
    /// - Parameters:
    ///   - lane: the transform.
    ///   - clock: the clock to sleep by.
    func runTransform(_ lane: TransformLane, _ clock: any PipelineClock) async {
        let output = output(of: lane.index)
        let emitter = Emitter(
            send: { [self] batch in try await emit(batch, from: lane, to: output, lowestStop: lane.index + 1) },
            drop: { lane.ledger.dropped.count($0) },
            sendUnlessStopped: { [self] batch in
                try await emit(batch, from: lane, to: output, lowestStop: lane.index)
            })
        do {
            try await moveThrough(lane, output, emitter, clock)
            try await lane.transform.finish(emitter: emitter)
        } catch {
            // Cut off in the middle, at the end of a run that was stopped behind this stage.
            if error is CancellationError { lane.ledger.returned.count(max(0, lane.ledger.entry.pending)) }
            fail(error, stage: lane.name, at: lane.index)
        }
        output.finish()
        for batch in lane.input.close() {
            lane.ledger.entered.count(batch.records.count)
            lane.ledger.returned.count(batch.records.count)
        }
    }

    private func moveThrough(
        _ lane: TransformLane, _ output: any BatchOutput, _ emitter: Emitter, _ clock: any PipelineClock
    ) async throws {
        // Records asked for and not yet received.
        var outstanding = 0
        while true {
            switch try await output.waitForRoom() {
            case .poked: continue
            case .stopped, .closed: return
            case .wanted(let records):
                let wanted = try await demand(of: lane, downstream: records, clock)
                if wanted > outstanding {
                    lane.input.request(wanted - outstanding)
                    outstanding = wanted
                }
            }
            guard case .element(var batch) = try await lane.input.receive() else { return }
            outstanding -= batch.weight.records
            lane.ledger.entered.count(batch.records.count)
            if let stop = stopControl.stop, stop.stage >= lane.index {
                lane.ledger.returned.count(batch.records.count)
                return
            }
            lane.fields?.apply(&batch)
            try await lane.transform.process(batch, emitter: emitter)
        }
    }

    private func demand(of lane: TransformLane, downstream: Int, _ clock: any PipelineClock) async throws -> Int {
        guard lane.transform.pacesDemand else { return downstream }
        while true {
            switch try await lane.transform.demand(downstream: downstream) {
            case .records(let records): return records
            case .nothing(let time):
                // The end of input and a stop end the wait for the next due record: at 0.1 a second it is ten seconds.
                guard case .timedOut = try await lane.input.waitForEnd(until: time, clock: clock) else { return 0 }
            }
        }
    }

    /// Hands a batch down, or counts it as returned.
    /// - Parameter lowestStop: the first stage whose stop returns it.
    private func emit(
        _ batch: Batch, from lane: TransformLane, to output: any BatchOutput, lowestStop: Int
    ) async throws {
        let dead = batch.dead.count { $0.stage == lane.name }
        var outcome = SendOutcome.closed
        sending: while true {
            if let stop = stopControl.stop, stop.stage >= lowestStop { break }
            switch try await output.waitForRoom() {
            case .poked: continue
            case .stopped, .closed: break sending
            case .wanted:
                outcome = output.send(batch)
                break sending
            }
        }
        switch outcome {
        case .sent:
            lane.ledger.out.count(batch.records.count)
            lane.ledger.dead.count(dead)
            lane.ledger.bytes.count(batch.size)
        case .closed:
            lane.ledger.returned.count(batch.records.count + dead)
        case .refused(let error):
            lane.ledger.returned.count(batch.records.count + dead)
            // Here, not only where the transform's error arrives: it may keep the error to itself.
            fail(error, stage: lane.name, at: lane.index)
            throw error
        }
    }
}
