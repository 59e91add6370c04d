import Pipeline
import PipelineTesting
import Testing

@Suite("Stopping", .timeLimit(.minutes(1)))
struct StopTests {
    let laboratory = Laboratory()

    @Test("at the end of input everything arrives, the watermark is heard, and every stage is closed once")
    func endOfInput() async throws {
        let source = ScriptedSource([.records(3), .hole(4), .records(2, partition: 1), .records(1), .end])
        let sink = RecordingSink()
        let report = await laboratory.pipeline(source, [ClosureTransform()], sinks: [sink]).run()
        #expect(report.outcome == .completed)
        #expect(report.error == nil)
        #expect(report.records == 6)
        #expect(sink.recording.value.texts == ["0/0", "0/1", "0/2", "1/0", "1/1", "0/7"])
        #expect(source.heard.value.watermark == [0: 8, 1: 2])
        #expect(source.heard.value.closed == 1)
        #expect(sink.recording.value.closed == 1)
        #expect(report.bytes == 6 * 4)
        report.expectBalance()
    }

    @Test("a stop lets what the source has given drain, and returns what it holds")
    func stopAtSource() async throws {
        let gate = Watched(false)
        let source = ScriptedSource([.records(2), .wait(gate), .records(3), .records(5)])
        let sink = RecordingSink()
        let pipeline = laboratory.pipeline(source, [ClosureTransform()], sinks: [sink])
        async let running = pipeline.run()
        try await source.heard.wait { $0.asked.count == 2 }
        pipeline.requestStop(.interrupted)
        gate.open()
        let report = await running
        #expect(report.outcome == .interrupted)
        #expect(sink.recording.value.texts == numbered(0..<2))
        #expect(report["source"].returned == 3)
        #expect(source.heard.value.watermark == [0: 2])
        report.expectBalance()
    }

    @Test("what cannot be read again is let through by a stop")
    func notReplayable() async throws {
        let gate = Watched(false)
        let source = ScriptedSource([.records(2), .wait(gate), .records(3)], isReplayable: false)
        let context = Watched<StageContext?>(nil)
        let sink = RecordingSink()
        let pipeline = laboratory.pipeline(
            source, [ClosureTransform(opening: { context.set($0) })], sinks: [sink])
        async let running = pipeline.run()
        try await source.heard.wait { $0.asked.count == 2 }
        context.value?.requestStop(.timeToLive)
        gate.open()
        let report = await running
        #expect(report.outcome == .timeToLive)
        #expect(sink.recording.value.texts == numbered(0..<5))
        report.expectBalance()
    }

    @Test("a stage stops a source that never ends: what passed the stage arrives, the rest is returned")
    func stopAtTransform() async throws {
        let source = ScriptedSource([.records(2), .records(2), .records(2), .records(2)])
        let context = Watched<StageContext?>(nil)
        let stopping = ClosureTransform(
            opening: { context.set($0) },
            processing: { batch, emitter in
                if batch.claims[0].from == 2 {
                    // The rest lies in front of this stage, and the source waits for ever.
                    try await source.heard.wait { $0.asked.count == 5 }
                    context.value?.requestStop(.timeToLive)
                }
                try await emitter.send(batch)
            })
        let sink = RecordingSink()
        let report = await laboratory.pipeline(
            source, [ClosureTransform(), stopping, ClosureTransform()], sinks: [sink]
        )
        .run()
        #expect(report.outcome == .timeToLive)
        #expect(sink.recording.value.texts == numbered(0..<4))
        #expect(report["source"].out == 8)
        #expect(report["t1"].returned + report["t2"].returned == 4)
        #expect(source.heard.value.watermark == [0: 4])
        report.expectBalance()
    }

    @Test("a stage that stops the pipeline over a batch that is too late returns the batch")
    func stopBeforeBatch() async throws {
        let source = ScriptedSource([.records(2), .records(2), .records(2)])
        let context = Watched<StageContext?>(nil)
        let stopping = ClosureTransform(
            opening: { context.set($0) },
            processing: { batch, emitter in
                if batch.claims[0].from == 2 { context.value?.requestStop(.timeToLive) }
                try await emitter.sendUnlessStopped(batch)
            })
        let sink = RecordingSink()
        let report = await laboratory.pipeline(source, [stopping, ClosureTransform()], sinks: [sink]).run()
        #expect(report.outcome == .timeToLive)
        #expect(sink.recording.value.texts == numbered(0..<2))
        #expect(source.heard.value.watermark == [0: 2])
        report.expectBalance()
    }

    @Test("a time to live ends an idle pipeline although the source never returns")
    func idle() async throws {
        let clock = laboratory.clock
        let source = ScriptedSource([])
        let stopping = ClosureTransform(opening: { context in
            _ = context.clock.schedule(at: context.clock.now + .seconds(10)) { context.requestStop(.timeToLive) }
        })
        async let running = laboratory.pipeline(source, [stopping], sinks: [RecordingSink()]).run()
        try await source.heard.wait { $0.asked.count == 1 }
        clock.advance(by: .seconds(10))
        let report = await running
        #expect(report.outcome == .timeToLive)
        #expect(report.elapsed == .seconds(10))
        report.expectBalance()
    }

    @Test("a stage in front of the stopped one that is cut off in its work returns its records")
    func workBeforeStop() async throws {
        let context = Watched<StageContext?>(nil)
        let begun = Watched(false)
        let working = ClosureTransform(processing: { batch, emitter in
            begun.open()
            try await Watched(false).pass()
            try await emitter.send(batch)
        })
        let stopping = ClosureTransform(opening: { context.set($0) })
        async let running = laboratory.pipeline(
            ScriptedSource([.records(3)]), [working, stopping], sinks: [RecordingSink()]
        ).run()
        try await begun.pass()
        context.value?.requestStop(.timeToLive)
        let report = await running
        #expect(report.outcome == .timeToLive)
        #expect(report.error == nil)
        #expect(report["t1"].returned == 3)
        report.expectBalance()
    }

    @Test("what a stage holds goes on when a stop comes in front of it, and is returned when it comes behind")
    func heldRecords() async throws {
        for stoppingIndex in [0, 2] {
            let held = Watched<[Batch]>([])
            let holding = ClosureTransform(
                processing: { batch, _ in held.update { $0.append(batch) } },
                finishing: { emitter in for batch in held.value { try await emitter.send(batch) } })
            let context = Watched<StageContext?>(nil)
            let source = ScriptedSource([.records(3)])
            let sink = RecordingSink()
            let pipeline = laboratory.pipeline(
                source, [holding, ClosureTransform(opening: { context.set($0) })], sinks: [sink])
            async let running = pipeline.run()
            try await held.wait { $0.count == 1 }
            if stoppingIndex == 0 {
                pipeline.requestStop(.interrupted)
            } else {
                context.value?.requestStop(.interrupted)
            }
            source.wake()
            let report = await running
            #expect(sink.recording.value.texts == (stoppingIndex == 0 ? numbered(0..<3) : []))
            #expect(report["t1"].returned == (stoppingIndex == 0 ? 0 : 3))
            report.expectBalance()
        }
    }

    @Test("draining that takes too long is cut off, and the report says what it cost")
    func cutOff() async throws {
        let source = ScriptedSource([.records(3), .records(4)])
        let sink = RecordingSink(acknowledging: .onCommand)
        let pipeline = laboratory.pipeline(source, sinks: [sink], drainTimeout: .seconds(5))
        async let running = pipeline.run()
        try await sink.recording.wait { $0.batches.count == 2 }
        sink.acknowledge([0])
        pipeline.requestStop(.interrupted)
        source.wake()
        await laboratory.clock.waitForSleepers(1)
        laboratory.clock.advance(by: .seconds(5))
        let report = await running
        #expect(report.outcome == .interrupted)
        #expect(report.records == 3)
        #expect(report.givenUp == 4)
        #expect(report["a"].returned == 4)
        #expect(source.heard.value.watermark == [0: 3])
        #expect(sink.recording.value.closed == 1)
        report.expectBalance()
    }

    @Test("records that were inside a stage when draining was cut off are given up too")
    func cutOffInTransform() async throws {
        let source = ScriptedSource([.records(3)])
        let begun = Watched(false)
        let stuck = ClosureTransform(processing: { _, _ in
            begun.open()
            try await Watched(false).pass()
        })
        let pipeline = laboratory.pipeline(source, [stuck], sinks: [RecordingSink()], drainTimeout: .seconds(5))
        async let running = pipeline.run()
        try await begun.pass()
        pipeline.requestStop(.interrupted)
        source.wake()
        laboratory.clock.advance(by: .seconds(5))
        let report = await running
        #expect(report.givenUp == 3)
        report.expectBalance()
    }

    @Test("a drain timeout of nothing cuts off at once")
    func noPatience() async throws {
        let source = ScriptedSource([.records(3)])
        let sink = RecordingSink(acknowledging: .onCommand)
        let pipeline = laboratory.pipeline(source, sinks: [sink], drainTimeout: .zero)
        async let running = pipeline.run()
        try await sink.recording.wait { $0.batches.count == 1 }
        pipeline.requestStop(.interrupted)
        let report = await running
        #expect(report.givenUp == 3)
        report.expectBalance()
    }

    @Test("cancelling the run cuts everything off and closes every stage")
    func cancellation() async throws {
        let source = ScriptedSource([.records(3)])
        let sink = RecordingSink(acknowledging: .onCommand)
        let pipeline = laboratory.pipeline(source, [ClosureTransform()], sinks: [sink])
        let running = Task { await pipeline.run() }
        try await sink.recording.wait { $0.batches.count == 1 }
        running.cancel()
        let report = await running.value
        #expect(report.outcome == .interrupted)
        #expect(report.givenUp == 3)
        #expect(source.heard.value.closed == 1)
        #expect(sink.recording.value.closed == 1)
        report.expectBalance()
    }

    @Test("an error of the source drains what it gave before")
    func sourceFails() async throws {
        let sink = RecordingSink(acknowledging: .onFlush)
        let report = await laboratory.pipeline(
            ScriptedSource([.records(3), .fail(.lasting)]), [ClosureTransform()], sinks: [sink]
        ).run()
        #expect(report.outcome == .failed)
        #expect(report.error?.place == "source")
        #expect(report.records == 3)
        report.expectBalance()
    }

    @Test("an error of a transform drains what passed it and returns the rest")
    func transformFails() async throws {
        let failing = ClosureTransform(processing: { batch, emitter in
            if batch.claims[0].from == 2 { throw PipelineError.lasting }
            try await emitter.send(batch)
        })
        let source = ScriptedSource([.records(2), .records(2), .records(2), .end])
        let sink = RecordingSink(acknowledging: .onFlush)
        let report = await laboratory.pipeline(source, [failing], sinks: [sink]).run()
        #expect(report.outcome == .failed)
        #expect(report.error?.place == "t1")
        #expect(sink.recording.value.texts == numbered(0..<2))
        #expect(source.heard.value.watermark == [0: 2])
        report.expectBalance()
    }
}
