@testable import Pipeline
import PipelineTesting
import Testing

@Suite("Bounds in memory", .timeLimit(.minutes(1)))
struct BudgetTests {
    let laboratory = Laboratory()
    static let memory = 1 << 20
    // 100 records of about 60 bytes with their own bytes: some hundred batches fill the budget, 10,000 are there.
    let source = ScriptedSource(Array(repeating: .records(100), count: 10_000))
    let footprint = Batch.sample(count: 100, from: 100_000).footprint

    /// Lets everyone who can go on do so.
    func settle() async {
        for _ in 0..<2_000 { await Task.yield() }
    }

    func expectBound(_ given: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        let bytes = given / 100 * footprint
        #expect(bytes < Self.memory + 2 * footprint, "\(given) records", sourceLocation: sourceLocation)
    }

    @Test("a source is not asked for more than memory may hold while a sink acknowledges nothing")
    func silent() async throws {
        let sink = RecordingSink(acknowledging: .onCommand)
        let pipeline = laboratory.pipeline(source, sinks: [sink], memory: Self.memory)
        let running = Task { await pipeline.run() }
        try await source.heard.wait { [footprint] in $0.given / 100 * footprint > Self.memory / 2 }
        await settle()
        let given = source.heard.value.given
        expectBound(given)
        sink.acknowledgeAll()
        try await source.heard.wait { $0.given > given }
        running.cancel()
        await running.value.expectBalance()
    }

    @Test("acknowledging all batches but the first frees nothing")
    func outOfOrder() async throws {
        let sink = RecordingSink(acknowledging: .onCommand)
        let pipeline = laboratory.pipeline(source, sinks: [sink], memory: Self.memory)
        let running = Task { await pipeline.run() }
        for _ in 0..<20 {
            await settle()
            sink.acknowledge(Array(sink.recording.value.unacknowledged.dropFirst()))
        }
        expectBound(source.heard.value.given)
        running.cancel()
        await running.value.expectBalance()
    }

    @Test("batches without records count too")
    func claimsAlone() async throws {
        let holes = ScriptedSource(Array(repeating: .hole(1), count: 10_000))
        let sink = RecordingSink(acknowledging: .onCommand)
        let pipeline = laboratory.pipeline(holes, sinks: [sink], memory: 64 << 10)
        let running = Task { await pipeline.run() }
        try await holes.heard.wait { $0.asked.count > 50 }
        await settle()
        #expect(holes.heard.value.asked.count < 200)
        running.cancel()
        await running.value.expectBalance()
    }

    @Test("a sink that works slowly is given no more than its window")
    func window() async throws {
        let gate = Watched(false)
        let sink = RecordingSink { call in if case .write = call { try await gate.pass() } }
        let pipeline = laboratory.pipeline(source, sinks: [sink])
        let running = Task { await pipeline.run() }
        try await source.heard.wait { $0.given >= PipelineRun.window }
        await settle()
        #expect(source.heard.value.given <= PipelineRun.window + 200)
        running.cancel()
        await running.value.expectBalance()
    }
}
