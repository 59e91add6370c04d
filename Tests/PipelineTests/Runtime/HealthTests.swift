import Pipeline
import PipelineTesting
import Testing

@Suite("Health and what is measured of a run", .timeLimit(.minutes(1)))
struct HealthTests {
    let laboratory = Laboratory()

    @Test("a run is not running before it is open, nor after a stop; a batch's wait for its acknowledgement is told")
    func health() async throws {
        let source = ScriptedSource([.records(3)])
        let sink = RecordingSink(acknowledging: .onCommand)
        let idle = RecordingSink()
        let pipeline = laboratory.pipeline(source, sinks: [sink, idle])
        #expect(!pipeline.health.isRunning)
        async let running = pipeline.run()
        try await sink.recording.wait { $0.batches.count == 1 }
        #expect(pipeline.health.isRunning)
        #expect(pipeline.health.connections.isEmpty, "neither stage speaks with a server")
        laboratory.clock.advance(by: .seconds(7))
        #expect(pipeline.health.oldestUnacknowledged == .seconds(7))
        sink.acknowledge([0])
        #expect(pipeline.health.oldestUnacknowledged == nil)
        source.append([.end])
        let report = await running
        #expect(!pipeline.health.isRunning)
        let waits = Self.histogram("sink_latency_seconds", of: "a", in: report)
        #expect(waits?.count == 1)
        #expect(waits?.sum == 7)
        #expect(Self.histogram("batch_records", of: "source", in: report)?.sum == 3)
        #expect(Self.histogram("end_to_end_latency_seconds", of: "b", in: report)?.count == 1)
        report.expectBalance()
    }

    @Test("one whose acknowledgement nobody waits for makes nobody wait here either")
    func bestEffort() async throws {
        let source = ScriptedSource([.records(1)])
        let slow = RecordingSink(acknowledging: .onCommand)
        let quick = RecordingSink()
        let pipeline = laboratory.pipeline(source, sinks: [quick, slow], bestEffort: [1])
        async let running = pipeline.run()
        try await slow.recording.wait { $0.batches.count == 1 }
        try await quick.recording.wait { $0.batches.count == 1 && $0.unacknowledged.isEmpty }
        laboratory.clock.advance(by: .seconds(7))
        #expect(pipeline.health.oldestUnacknowledged == nil)
        slow.acknowledge([0])
        source.append([.end])
        _ = await running
    }

    private static func histogram(_ name: String, of stage: String, in report: RunReport) -> Histogram? {
        let measurement = report.stages.first { $0.name == stage }?.measurements.first { $0.name == name }
        guard case .histogram(let histogram) = measurement?.value else { return nil }
        return histogram
    }
}
