import Pipeline
import PipelineTesting
import Testing

@Suite("Reopening a sink", .timeLimit(.minutes(1)))
struct ReopeningTests {
    let laboratory = Laboratory()
    let fiveBatches = ScriptedSource([.records(2), .records(2), .records(2), .records(2), .records(2), .end])

    /// Lets the pause before the next attempt pass.
    func passBackoff() async {
        await laboratory.clock.waitForSleepers(1)
        laboratory.clock.advance(by: .seconds(1))
    }

    @Test("a reopened sink gets its unacknowledged batches again in order, and those it never saw once")
    func order() async throws {
        let source = fiveBatches
        let writes = Watched(0)
        let sink = RecordingSink(acknowledging: .onFlush) { call in
            guard case .write = call else { return }
            if writes.update({
                $0 += 1; return $0
            }) == 3 {
                // Everything is in the sink's channel when it is asked for the end.
                try await source.heard.wait { $0.asked.count == 6 }
                throw PipelineError.passing
            }
        }
        async let running = laboratory.pipeline(source, sinks: [sink]).run()
        await passBackoff()
        let report = await running
        #expect(sink.recording.value.texts == numbered(0..<4) + numbered(0..<10))
        #expect(sink.recording.value.opened == 2)
        #expect(sink.recording.value.closed == 2)
        #expect(source.heard.value.watermark == [0: 10])
        #expect(report.outcome == .completed)
        #expect(report.records == 10)
        report.expectBalance()
    }

    @Test("a failure told outside a call loses no batch that arrives with it")
    func failureOutside() async throws {
        let context = Watched<SinkContext?>(nil)
        let source = fiveBatches
        let sink = RecordingSink(acknowledging: .onFlush) { call in
            if case .open(let opened) = call { context.set(opened) }
            guard case .write(let batch) = call, batch.claims[0].from == 0 else { return }
            guard
                let failing = context.update({ context in
                    defer { context = nil }; return context
                })
            else { return }
            try await source.heard.wait { $0.asked.count == 6 }
            failing.fail(.passing)
        }
        async let running = laboratory.pipeline(source, sinks: [sink]).run()
        await passBackoff()
        // The second generation sees the first batch again and fails once more.
        await passBackoff()
        let report = await running
        #expect(Array(sink.recording.value.texts.suffix(10)) == numbered(0..<10))
        #expect(report.outcome == .completed)
        report.expectBalance()
    }

    @Test("a failure told while the last batches are flushed reopens the sink instead of waiting for ever")
    func failureAtTheEnd() async throws {
        let context = Watched<SinkContext?>(nil)
        let hasFailed = Watched(false)
        let sink = RecordingSink(acknowledging: .onCommand) { call in
            switch call {
            case .open(let opened): context.set(opened)
            default: break
            }
        }
        // The flush returns without having acknowledged: what a producer does whose delivery report is an error.
        let broken = FailingOnceAtFlush(inner: sink, context: context, hasFailed: hasFailed)
        async let running = laboratory.pipeline(ScriptedSource([.records(3), .end]), sinks: [broken]).run()
        await passBackoff()
        let report = await running
        #expect(report.outcome == .completed)
        #expect(report.records == 3)
        #expect(sink.recording.value.opened == 2)
        report.expectBalance()
    }

    @Test("a failure that a closed generation tells late concerns nobody")
    func staleFailure() async throws {
        let contexts = Watched<[SinkContext]>([])
        let sink = RecordingSink { call in
            switch call {
            case .open(let context): contexts.update { $0.append(context) }
            case .write:
                let opened = contexts.value
                if opened.count == 1 {
                    opened[0].fail(.passing)
                    throw PipelineError.passing
                }
                opened[0].fail(.passing)
            default: break
            }
        }
        async let running = laboratory.pipeline(fiveBatches, sinks: [sink]).run()
        await passBackoff()
        let report = await running
        #expect(sink.recording.value.opened == 2)
        #expect(sink.recording.value.texts == numbered(0..<10))
        report.expectBalance()
    }

    @Test("an acknowledgement of a closed generation has no effect, and neither has a second one")
    func staleAcknowledgement() async throws {
        let receipts = Watched<[Receipt]>([])
        let sink = KeepingSink(receipts: receipts)
        let source = ScriptedSource([.records(2), .end])
        async let running = laboratory.pipeline(source, sinks: [sink]).run()
        await passBackoff()
        try await receipts.wait { $0.count == 2 }
        receipts.value[0].acknowledge()
        #expect(source.heard.value.watermark == [:])
        receipts.value[1].acknowledge()
        receipts.value[1].acknowledge()
        let report = await running
        #expect(report["a"].out == 2)
        report.expectBalance()
    }

    @Test("a sink that cannot be opened again is closed once for each attempt")
    func closes() async throws {
        let sink = RecordingSink(acknowledging: .onFlush) { call in
            if case .write = call { throw PipelineError.passing }
        }
        let running = Task { [laboratory] in
            await laboratory.pipeline(ScriptedSource([.records(2)]), sinks: [sink]).run()
        }
        await laboratory.clock.waitForSleepers(1)
        running.cancel()
        let report = await running.value
        #expect(sink.recording.value.opened == sink.recording.value.closed)
        #expect(report["a"].returned == 2)
        report.expectBalance()
    }

    @Test("pauses grow while a server stays away, and what it missed arrives when it is back")
    func outage() async throws {
        let attempts = Watched(0)
        let sink = RecordingSink { call in
            switch call {
            case .write: if attempts.value == 1 { throw PipelineError.passing }
            case .open:
                let attempt = attempts.update {
                    $0 += 1; return $0
                }
                if (2...5).contains(attempt) {
                    throw PipelineError(.unavailable, "cannot connect", reason: "the test says so")
                }
            default: break
            }
        }
        async let running = laboratory.pipeline(fiveBatches, sinks: [sink]).run()
        for _ in 1...5 {
            await laboratory.clock.waitForSleepers(1)
            laboratory.clock.advance(by: .seconds(10))
        }
        let report = await running
        #expect(attempts.value == 6)
        #expect(sink.recording.value.texts == numbered(0..<10))
        #expect(report.outcome == .completed)
        report.expectBalance()
    }
}

/// Hands everything on to a recording sink, but its first flush acknowledges nothing and tells a failure.
private actor FailingOnceAtFlush: Sink {
    let inner: RecordingSink
    let context: Watched<SinkContext?>
    let hasFailed: Watched<Bool>

    init(inner: RecordingSink, context: Watched<SinkContext?>, hasFailed: Watched<Bool>) {
        self.inner = inner
        self.context = context
        self.hasFailed = hasFailed
    }

    func open(_ context: SinkContext) async throws { try await inner.open(context) }
    func write(_ batch: Batch, receipt: Receipt) async throws { try await inner.write(batch, receipt: receipt) }
    func close() async { await inner.close() }

    func flush() async throws {
        if hasFailed.update({ failed in
            defer { failed = true }; return !failed
        }) {
            context.value?.fail(.passing)
        } else {
            inner.acknowledgeAll()
        }
    }
}

/// Hands its receipts to the test, and fails after the first.
private actor KeepingSink: Sink {
    let receipts: Watched<[Receipt]>

    init(receipts: Watched<[Receipt]>) { self.receipts = receipts }

    func open(_ context: SinkContext) async throws {}

    func write(_ batch: Batch, receipt: Receipt) async throws {
        if receipts.update({
            $0.append(receipt); return $0.count
        }) == 1 {
            throw PipelineError.passing
        }
    }
}
