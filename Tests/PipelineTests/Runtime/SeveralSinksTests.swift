@testable import Pipeline
import PipelineTesting
import Testing

@Suite("Several sinks", .timeLimit(.minutes(1)))
struct SeveralSinksTests {
    let laboratory = Laboratory()

    @Test("every sink gets every batch in one order, and the watermark waits for the last of them")
    func order() async throws {
        let source = ScriptedSource([.records(2), .records(2), .end])
        let (quick, slow) = (RecordingSink(), RecordingSink(acknowledging: .onCommand))
        async let running = laboratory.pipeline(source, sinks: [quick, slow]).run()
        try await slow.recording.wait { $0.batches.count == 2 }
        #expect(source.heard.value.watermark == [:])
        // Out of order: the second alone moves nothing.
        slow.acknowledge([1])
        #expect(source.heard.value.watermark == [:])
        slow.acknowledge([0])
        let report = await running
        #expect(quick.recording.value.texts == slow.recording.value.texts)
        #expect(source.heard.value.watermark == [0: 4])
        report.expectBalance()
    }

    @Test("the report names the sink that holds the others back")
    func heldBack() async throws {
        let gate = Watched(false)
        let slow = RecordingSink { call in if case .write = call { try await gate.pass() } }
        // One batch in the slow sink's hands, one that uses up its window, and one that waits.
        let source = ScriptedSource([
            .records(PipelineRun.window), .records(PipelineRun.window), .records(PipelineRun.window), .end,
        ])
        let quick = RecordingSink()
        let pipeline = laboratory.pipeline(source, sinks: [quick, slow])
        async let running = pipeline.run()
        try await quick.recording.wait { $0.batches.count == 2 }
        while !pipeline.sinks[1].channel.isSenderWaiting { await Task.yield() }
        laboratory.clock.advance(by: .seconds(7))
        gate.open()
        let report = await running
        #expect(report.stages.map(\.heldBack) == [nil, .zero, .seconds(7)])
        report.expectBalance()
    }

    @Test("a best-effort sink that fails is given up, and the run goes on without it")
    func bestEffortFails() async throws {
        let failing = RecordingSink { call in
            if case .write(let batch) = call, batch.claims[0].from == 2 { throw PipelineError.lasting }
        }
        let source = ScriptedSource([.records(2), .records(2), .records(2), .end])
        let sink = RecordingSink()
        let report = await laboratory.pipeline(source, sinks: [failing, sink], bestEffort: [0]).run()
        #expect(report.outcome == .completed)
        #expect(report.records == 6)
        #expect(source.heard.value.watermark == [0: 6])
        #expect(laboratory.log.entries.value.contains { $0.level == .error && $0.origin == "test/a" })
        report.expectBalance()
    }

    @Test("nobody waits at the end for a best-effort sink that never acknowledges")
    func bestEffortSilent() async throws {
        let silent = RecordingSink(acknowledging: .never)
        let source = ScriptedSource([.records(2), .records(2), .end])
        let report = await laboratory.pipeline(source, sinks: [silent, RecordingSink()], bestEffort: [0]).run()
        #expect(report.outcome == .completed)
        #expect(report.givenUp == 0)
        #expect(source.heard.value.watermark == [0: 4])
        #expect(silent.recording.value.flushed == 1)
        #expect(report["a"].returned == 4)
        report.expectBalance()
    }

    @Test("a best-effort sink that is stuck holds the end no longer than draining may take")
    func bestEffortStuck() async throws {
        let stuck = RecordingSink { call in if case .write = call { try await Watched(false).pass() } }
        let source = ScriptedSource([.records(2), .end])
        async let running = laboratory.pipeline(source, sinks: [stuck, RecordingSink()], bestEffort: [0]).run()
        await laboratory.clock.waitForSleepers(1)
        laboratory.clock.advance(by: .seconds(30))
        let report = await running
        #expect(report.records == 2)
        #expect(report.givenUp == 0)
        report.expectBalance()
    }

    @Test("a required sink that fails for good ends the run with its error, and the others drain")
    func requiredFails() async throws {
        let failing = RecordingSink { call in
            if case .write(let batch) = call, batch.claims[0].from == 2 { throw PipelineError.lasting }
        }
        let source = ScriptedSource([.records(2), .records(2), .records(2), .end])
        let draining = RecordingSink(acknowledging: .onFlush)
        let report = await laboratory.pipeline(source, [ClosureTransform()], sinks: [failing, draining]).run()
        #expect(report.outcome == .failed)
        #expect(report.error?.place == "a")
        #expect(report.error?.reason == PipelineError.lasting.reason)
        #expect(report["b"].out == report["b"].in)
        #expect(draining.recording.value.texts == numbered(0..<report["b"].in))
        #expect(source.heard.value.watermark == [0: 2])
        report.expectBalance()
    }

    @Test(
        "when nobody reads a sink's output any more the run ends in order, unless the sink is best-effort",
        arguments: [true, false])
    func outputClosed(isRequired: Bool) async throws {
        let closing = RecordingSink { call in
            if case .write(let batch) = call, batch.claims[0].from == 2 { throw OutputClosed() }
        }
        let closed = Watched(false)
        let source = ScriptedSource([.records(2), .records(2), .wait(closed), .records(2), .end])
        let other = RecordingSink()
        async let running = laboratory.pipeline(
            source, sinks: [closing, other], bestEffort: isRequired ? [1] : [0]
        ).run()
        try await laboratory.log.entries.wait { entries in entries.contains { $0.origin == "test/a" } }
        closed.open()
        let report = await running
        #expect(report.outcome == .completed)
        #expect(report.error == nil)
        #expect(other.recording.value.texts == numbered(0..<(isRequired ? 4 : 6)))
        report.expectBalance()
    }

    @Test("where no sink is required, all are waited for")
    func noneRequired() async throws {
        let source = ScriptedSource([.records(2), .end])
        let sink = RecordingSink(acknowledging: .onFlush)
        let report = await laboratory.pipeline(source, sinks: [sink], bestEffort: [0]).run()
        #expect(report.records == 2)
        #expect(source.heard.value.watermark == [0: 2])
        report.expectBalance()
    }
}
