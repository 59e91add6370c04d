import Pipeline
import PipelineTesting
import Testing

@Suite("Flushing", .timeLimit(.minutes(1)))
struct FlushTests {
    let laboratory = Laboratory()

    @Test("a batch waits for company no longer than the sink's interval")
    func interval() async throws {
        let source = ScriptedSource([.records(2)])
        let sink = RecordingSink(acknowledging: .onFlush, flushInterval: .milliseconds(200))
        let pipeline = laboratory.pipeline(source, sinks: [sink])
        async let running = pipeline.run()
        await laboratory.clock.waitForSleepers(1)
        #expect(sink.recording.value.flushed == 0)
        laboratory.clock.advance(by: .milliseconds(200))
        try await sink.recording.wait { $0.flushed == 1 }
        source.append([.end])
        let report = await running
        #expect(source.heard.value.watermark == [0: 2])
        report.expectBalance()
    }

    @Test("a stream without pauses does not put off the flush")
    func steady() async throws {
        let clock = laboratory.clock
        let flushes = Watched<[Int]>([])
        let sink = RecordingSink(acknowledging: .onFlush, flushInterval: .milliseconds(200)) { call in
            switch call {
            case .write: clock.advance(by: .milliseconds(100))
            case .flush: flushes.update { $0.append(Int(clock.now / .milliseconds(100))) }
            default: break
            }
        }
        let source = ScriptedSource(Array(repeating: .records(1), count: 9) + [.end])
        let report = await laboratory.pipeline(source, sinks: [sink]).run()
        #expect(flushes.value == [3, 6, 9, 9])
        #expect(report.records == 9)
        report.expectBalance()
    }
}
