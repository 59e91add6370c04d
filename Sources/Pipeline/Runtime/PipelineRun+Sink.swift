extension PipelineRun {
    /// A sink's task: gives it batches, flushes it in time, reopens it after a failure that may pass.
    /// - Parameters:
    ///   - lane: the sink.
    ///   - clock: the clock to sleep by.
    func runSink(_ lane: SinkLane, _ clock: any PipelineClock) async {
        lane.channel.request(Self.window)
        var flushDue: Duration?
        var isRunning = true
        var pending: (any Error)?
        while isRunning {
            do {
                if let error = pending {
                    pending = nil
                    flushDue = nil
                    try await reopen(lane, after: error, clock)
                }
                isRunning = try await step(lane, &flushDue, clock)
            } catch let error as PipelineError where error.isRetriable {
                pending = error
            } catch {
                lose(lane, error)
                isRunning = false
            }
        }
        laneEnded(lane)
    }

    private func laneEnded(_ lane: SinkLane) {
        let left = distributor.laneEnded(lane.index)
        if left.isEmpty { completion.complete() }
        // Nobody waits longer than for draining for a sink whose acknowledgement nobody waits for.
        if left.contains(where: { !sinks[$0].isRequired }),
            left.allSatisfy({ !sinks[$0].isRequired || $0 == distributor.deadLane })
        {
            limitPatience()
        }
    }

    /// - Returns: whether there is more to come.
    private func step(
        _ lane: SinkLane, _ flushDue: inout Duration?, _ clock: any PipelineClock
    ) async throws -> Bool {
        // Asked before receiving: in a stream without pauses no wait for the next batch ever times out.
        if let due = flushDue, clock.now >= due {
            flushDue = nil
            try await lane.sink.flush()
        }
        let reception = try await lane.channel.receive(until: flushDue, clock: clock)
        switch reception {
        case .element(let delivery):
            tracker.receive(delivery.number, sink: lane.index)
            lane.ledger.entered.count(delivery.batch.records.count)
            lane.channel.request(delivery.batch.weight.records)
        case .interrupted: lane.channel.resumeReceiver()
        case .timedOut, .finished: break
        }
        try lane.throwFailure()
        switch reception {
        case .element(let delivery):
            try await write(delivery, to: lane)
            if flushDue == nil, let interval = lane.sink.flushInterval { flushDue = clock.now + interval }
        case .timedOut, .interrupted:
            break
        case .finished:
            try await lane.sink.flush()
            guard lane.isRequired else {
                // What a sink nobody waits for says from now on is void: the place for dead letters may end now.
                _ = tracker.beginGeneration(sink: lane.index)
                return false
            }
            // A failure that interrupts the wait is thrown by the next step.
            return try await !tracker.waitUntilSettled(sink: lane.index)
        }
        return true
    }

    private func write(_ delivery: Delivery, to lane: SinkLane) async throws {
        let generation = tracker.generation(of: lane.index)
        // Without the batch: a sink may keep receipts for longer than batches.
        let receipt = Receipt { [weak self, number = delivery.number, index = lane.index] rejections in
            self?.settle(number, sink: index, generation, rejections)
        }
        try await lane.sink.write(delivery.batch, receipt: receipt)
    }

    /// A sink's acknowledgement, from any thread.
    private func settle(_ number: DeliveryNumber, sink: Int, _ generation: Int, _ rejections: [Rejection]) {
        guard let delivery = tracker.accept(number, sink: sink, generation: generation) else { return }
        let lane = sinks[sink]
        let letter: Batch?
        do {
            letter = try distributor.letter(rejections, of: delivery.item, lane: lane)
        } catch {
            // The cause first: an owner that waits for this sink fails as soon as it is told.
            fail(error, stage: lane.name, at: 0)
            tracker.refuse(number, sink: sink)
            return
        }
        // Counted before anybody is told: the last acknowledgement ends the run.
        lane.ledger.out.count(delivery.item.records.count - (letter?.dead.count ?? 0))
        lane.ledger.dead.count(letter?.dead.count ?? 0)
        lane.ledger.bytes.count(delivery.item.size)
        lane.noteAcknowledgement(
            latency: clock.now - delivery.since,
            age: delivery.item.records.first.map { record in
                .microseconds(clock.wallTime.microseconds - record.timestamp.microseconds)
            })
        if let letter {
            distributor.deliverDead(letter, from: lane, number: number)
            return
        }
        let (watermarkMoved, released) = tracker.acknowledge(number, sink: sink)
        for (sink, bytes) in released { sinks[sink].channel.release(bytes: bytes) }
        if watermarkMoved { output(of: 0).poke() }
    }

    /// Closes and opens a sink until it opens, then gives it again what it has not acknowledged. The source is not asked
    /// again: made anew under a wall clock, a record would be another one.
    private func reopen(_ lane: SinkLane, after error: any Error, _ clock: any PipelineClock) async throws {
        var backoff = Backoff()
        var error = error
        while true {
            let pause = backoff.next()
            log.child(lane.name).warning(
                "failed, will be opened again", .init("error", String(describing: error)),
                .init("pause_ms", "\(Int(pause / .milliseconds(1)))"))
            await lane.close()
            let again = tracker.beginGeneration(sink: lane.index)
            lane.beginGeneration(tracker.generation(of: lane.index))
            try await clock.sleep(until: clock.now + pause)
            do {
                try await lane.open(context(of: lane))
                try await lane.sink.start()
                for delivery in again {
                    try await write(Delivery(number: delivery.number, batch: delivery.item), to: lane)
                }
                try await lane.sink.flush()
                log.child(lane.name).info("works again", .init("batches_given_again", "\(again.count)"))
                return
            } catch let next as PipelineError where next.isRetriable || next.code == .unavailable {
                error = next
            }
        }
    }

    /// Gives a sink up; the others drain.
    private func lose(_ lane: SinkLane, _ error: any Error) {
        // The cause first: an owner that waits for this sink fails as soon as it is told.
        if lane.isRequired, !(error is OutputClosed) { fail(error, stage: lane.name, at: 0) }
        tracker.lose(sink: lane.index)
        for delivery in lane.channel.close() {
            lane.ledger.entered.count(delivery.batch.records.count)
        }
        if error is OutputClosed {
            // An archive does not end because nobody looks at the console beside it any more.
            log.child(lane.name).info(
                lane.isRequired
                    ? "nobody reads the output any more; stopping"
                    : "nobody reads the output any more; the other sinks go on")
            if lane.isRequired { requestStop(.endOfInput) }
        } else if !lane.isRequired, !(error is CancellationError) {
            let error = PipelineError(wrapping: error, stage: lane.name)
            log.child(lane.name).error("given up; the other sinks go on", .init("error", error.description))
        }
    }
}
