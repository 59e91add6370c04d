import Pipeline
import PipelineTesting
import Testing

@Suite("The ledger", .timeLimit(.minutes(1)))
struct LedgerTests {
    let laboratory = Laboratory()

    func run(_ transform: ClosureTransform) async -> RunReport {
        await laboratory.pipeline(
            ScriptedSource([.records(3), .records(3), .end]), [ClosureTransform(), transform], sinks: [RecordingSink()]
        ).run()
    }

    @Test("a record that is left out and told is balanced")
    func dropped() async throws {
        let report = await run(
            ClosureTransform(processing: { batch, emitter in
                var batch = batch
                batch.records.removeLast()
                emitter.drop(1)
                try await emitter.send(batch)
            }))
        #expect(report["t2"].dropped == 2)
        #expect(report["a"].out == 4)
        #expect(report.outcome == .completed)
        report.expectBalance()
    }

    @Test("a record that is lost without a word is our fault and is named")
    func lost() async throws {
        let report = await run(
            ClosureTransform(processing: { batch, emitter in
                var batch = batch
                batch.records.removeLast()
                try await emitter.send(batch)
            }))
        #expect(report.outcome == .failed)
        #expect(report.error?.code == .internalFault)
        #expect(report.imbalance?.contains("t2") == true)
        #expect(!report.isBalanced)
        #expect(report["t2"].pending == 2)
    }

    @Test("a record from nowhere is our fault and is named")
    func invented() async throws {
        let report = await run(
            ClosureTransform(processing: { batch, emitter in
                var batch = batch
                batch.records.append(batch.records[0])
                try await emitter.send(batch)
            }))
        #expect(report.error?.code == .internalFault)
        #expect(report.imbalance?.contains("t2") == true)
        #expect(report["t2"].pending == -2)
    }

    @Test("a batch that is lost in a run that fails for another reason hides no imbalance of too many")
    func inventedAndFailed() async throws {
        let report = await run(
            ClosureTransform(processing: { batch, emitter in
                if batch.claims[0].from == 3 { throw PipelineError.lasting }
                var batch = batch
                batch.records.append(batch.records[0])
                try await emitter.send(batch)
                try await emitter.send(batch)
            }))
        #expect(report.error?.code == .inputOutput)
        #expect(!report.isBalanced)
    }

    @Test("progress can be read while the stages work, and is never ahead of itself")
    func progress() async throws {
        let (isBlocked, gate) = (Watched(false), Watched(false))
        let source = ScriptedSource([.records(3), .records(3), .end])
        let sink = RecordingSink { call in
            guard case .write(let batch) = call, batch.claims[0].from == 3 else { return }
            isBlocked.open()
            try await gate.pass()
        }
        let pipeline = laboratory.pipeline(source, sinks: [sink])
        #expect(pipeline.progress.outcome == .running)
        async let running = pipeline.run()
        try await isBlocked.pass()
        #expect(pipeline.progress.records == 3)
        #expect(pipeline.progress["a"].pending == 3)
        #expect(pipeline.progress.outcome == .running)
        gate.open()
        let report = await running
        #expect(report.records == 6)
        report.expectBalance()
    }
}
