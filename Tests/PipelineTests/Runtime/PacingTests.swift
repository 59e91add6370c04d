import Foundation
import Pipeline
import PipelineTesting
import Testing

@Suite("Stages that set the pace", .timeLimit(.minutes(1)))
struct PacingTests {
    let laboratory = Laboratory()

    /// Lets so many records through every ten seconds.
    func pace(_ count: Int) -> ClosureTransform {
        let clock = laboratory.clock
        let next = Watched<Duration?>(nil)
        return ClosureTransform(demanding: { downstream in
            let due = next.value ?? clock.now + .seconds(10)
            let isDue = clock.now >= due
            next.set(isDue ? nil : due)
            return isDue ? .records(min(count, downstream)) : .nothing(until: due)
        })
    }

    @Test("nothing is made before it is due, and never more than is due")
    func notEarly() async throws {
        let source = ScriptedSource([.records(100), .end])
        let sink = RecordingSink()
        let pipeline = laboratory.pipeline(source, [pace(2)], sinks: [sink])
        async let running = pipeline.run()
        for round in 0..<3 {
            await laboratory.clock.waitForSleepers(1)
            #expect(source.heard.value.given == 2 * round)
            laboratory.clock.advance(by: .seconds(10))
        }
        await laboratory.clock.waitForSleepers(1)
        #expect(source.heard.value.asked.allSatisfy { $0 == 2 })
        pipeline.requestStop(.interrupted)
        let report = await running
        #expect(sink.recording.value.texts == numbered(0..<6))
        report.expectBalance()
    }

    @Test("the end of input ends the wait for the next due record")
    func endOfInput() async throws {
        let gate = Watched(false)
        let source = ScriptedSource([.records(1), .wait(gate), .end])
        async let running = laboratory.pipeline(source, [pace(5)], sinks: [RecordingSink()]).run()
        await laboratory.clock.waitForSleepers(1)
        laboratory.clock.advance(by: .seconds(10))
        await laboratory.clock.waitForSleepers(1)
        gate.open()
        let report = await running
        #expect(report.elapsed == .seconds(10))
        #expect(report.records == 1)
        #expect(report.outcome == .completed)
        report.expectBalance()
    }

    @Test("a stop ends the wait for the next due record", arguments: [true, false])
    func stop(byStage: Bool) async throws {
        let context = Watched<StageContext?>(nil)
        let source = ScriptedSource([.records(1)])
        let pipeline = laboratory.pipeline(
            source, [pace(5), ClosureTransform(opening: { context.set($0) })], sinks: [RecordingSink()])
        async let running = pipeline.run()
        await laboratory.clock.waitForSleepers(1)
        if byStage { context.value?.requestStop(.timeToLive) } else { pipeline.requestStop(.timeToLive) }
        let report = await running
        #expect(report.elapsed == .zero)
        #expect(report.outcome == .timeToLive)
        report.expectBalance()
    }

    @Test("the stages of a pipeline with a pace share one thread, its own", arguments: [true, false])
    func thread(isPaced: Bool) async throws {
        let threads = Watched<Set<UInt>>([])
        let executors = Watched<Set<Bool>>([])
        let note: @Sendable () -> Void = {
            threads.update { $0.insert(UInt(pthread_self())) }
            executors.update { $0.insert(withUnsafeCurrentTask { $0?.unownedTaskExecutor != nil }) }
        }
        let demand: @Sendable (Int) async throws -> Demand = { downstream in
            note()
            return .records(min(3, downstream))
        }
        let process: @Sendable (Batch, Emitter) async throws -> Void = { batch, emitter in
            note()
            try await emitter.send(batch)
        }
        let report = await laboratory.pipeline(
            ScriptedSource([.records(100), .end]),
            [
                ClosureTransform(demanding: isPaced ? demand : nil, processing: process),
                ClosureTransform(processing: process),
            ],
            sinks: [RecordingSink()]
        ).run()
        report.expectBalance()
        #expect(executors.value == [isPaced])
        #expect(!isPaced || threads.value.count == 1)
    }

    @Test("batches without records use up no more than their share of what is asked for")
    func claimsAlone() async throws {
        let source = ScriptedSource([.hole(3), .hole(3), .hole(3), .records(2), .end])
        let sink = RecordingSink()
        let report = await laboratory.pipeline(
            source, [ClosureTransform(demanding: { _ in .records(1) })], sinks: [sink]
        ).run()
        #expect(sink.recording.value.texts == ["0/9", "0/10"])
        #expect(source.heard.value.watermark == [0: 11])
        #expect(source.heard.value.asked.allSatisfy { $0 == 1 })
        report.expectBalance()
    }
}
