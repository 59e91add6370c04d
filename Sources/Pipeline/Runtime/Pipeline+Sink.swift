internal import Synchronization

extension Pipeline {
    /// A sink's task: gives it batches, flushes it in time, reopens it after a failure that may pass.
    func runSink(_ lane: SinkLane) async {
        lane.channel.request(Self.window)
        var flushDue: Duration?
        var isRunning = true
        var pending: (any Error)?
        while isRunning {
            do {
                if let error = pending {
                    pending = nil
                    flushDue = nil
                    try await reopen(lane, after: error)
                }
                isRunning = try await step(lane, &flushDue)
            } catch let error as PipelineError where error.isRetriable {
                pending = error
            } catch {
                lose(lane, error)
                isRunning = false
            }
        }
        if distributor.laneEnded(lane.index) { completion.complete() }
    }

    /// - Returns: whether there is more to come.
    private func step(_ lane: SinkLane, _ flushDue: inout Duration?) async throws -> Bool {
        let reception = try await lane.channel.receive(until: flushDue, clock: clock)
        try lane.throwFailure()
        switch reception {
        case .element(let delivery):
            lane.ledger.entered.count(delivery.batch.records.count)
            lane.channel.request(delivery.batch.weight.records)
            try await write(delivery, to: lane)
            if flushDue == nil, let interval = lane.sink.flushInterval { flushDue = clock.now + interval }
        case .timedOut:
            flushDue = nil
            try await lane.sink.flush()
        case .interrupted:
            break
        case .finished:
            try await lane.sink.flush()
            try await tracker.waitUntilSettled(sink: lane.index)
            return false
        }
        return true
    }

    private func write(_ delivery: Delivery, to lane: SinkLane) async throws {
        let generation = tracker.generation(of: lane.index)
        let receipt = Receipt { [weak self] rejections in
            self?.settle(delivery.number, lane, generation, rejections)
        }
        try await lane.sink.write(delivery.batch, receipt: receipt)
    }

    /// A sink's acknowledgement, from any thread.
    private func settle(_ number: DeliveryNumber, _ lane: SinkLane, _ generation: Int, _ rejections: [Rejection]) {
        guard let delivery = tracker.outstanding(number, sink: lane.index, generation: generation) else { return }
        if !rejections.isEmpty {
            switch distributor.deliverDead(rejections, of: delivery.item, lane: lane, number: number) {
            case .sent: break
            case .closed: return
            case .refused(let error):
                fail(error, stage: lane.name, at: 0)
                return
            }
        }
        lane.ledger.out.count(delivery.item.records.count - rejections.count)
        lane.ledger.dead.count(rejections.count)
        lane.ledger.bytes.count(delivery.item.size)
        lane.channel.release(bytes: delivery.bytes)
        if rejections.isEmpty, tracker.acknowledge(number, sink: lane.index) { output(of: 0).poke() }
    }

    /// Closes and opens a sink until it opens, then gives it again what it has not acknowledged. The source is not asked
    /// again: made anew under a wall clock, a record would be another one.
    private func reopen(_ lane: SinkLane, after error: any Error) async throws {
        var backoff = Backoff()
        var error = error
        while true {
            let pause = backoff.next()
            log.child(lane.name).warning(
                "failed, will be opened again", .init("error", String(describing: error)), .init("in", "\(pause)"))
            await lane.sink.close()
            let again = tracker.beginGeneration(sink: lane.index)
            try await clock.sleep(until: clock.now + pause)
            do {
                try await lane.sink.open(context(of: lane))
                try await lane.sink.start()
                lane.channel.resumeReceiver()
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
        tracker.lose(sink: lane.index)
        for delivery in lane.channel.close() {
            lane.ledger.entered.count(delivery.batch.records.count)
        }
        if lane.isRequired || sinks.allSatisfy({ !$0.isRequired }) {
            fail(error, stage: lane.name, at: 0)
        } else if !(error is CancellationError) {
            let error = PipelineError(wrapping: error, stage: lane.name)
            log.child(lane.name).error("given up; the other sinks go on", .init("error", error.description))
        }
    }
}
