import Pipeline
import PipelineTesting
import Testing

@Suite("The commit barrier", .timeLimit(.minutes(1)))
struct CommitBarrierTests {
    let laboratory = Laboratory()

    @Test("an owner commits only what the other required sinks hold")
    func barrier() async throws {
        let slow = RecordingSink(acknowledging: .onCommand)
        let owner = RecordingOwner()
        let source = ScriptedSource([.records(2), .records(2), .end])
        async let running = laboratory.pipeline(source, sinks: [slow, owner]).run()
        try await slow.recording.wait { $0.batches.count == 2 }
        try await owner.store.wait { $0.written == 1 }
        #expect(owner.store.value.positions == [0: 0])
        slow.acknowledge([0])
        try await owner.store.wait { $0.positions == [0: 2] }
        slow.acknowledge([1])
        let report = await running
        #expect(owner.store.value.positions == [0: 4])
        #expect(owner.store.value.texts == numbered(0..<4))
        report.expectBalance()
    }

    @Test("an owner does not wait for a best-effort sink")
    func bestEffort() async throws {
        let silent = RecordingSink(acknowledging: .never)
        let owner = RecordingOwner()
        let report = await laboratory.pipeline(
            ScriptedSource([.records(2), .end]), sinks: [silent, owner], bestEffort: [0]
        ).run()
        #expect(owner.store.value.positions == [0: 2])
        report.expectBalance()
    }

    @Test("an owner that waits for a sink that has failed gives up too, and nothing is ahead")
    func otherFails() async throws {
        let failing = RecordingSink { call in
            if case .write(let batch) = call, batch.claims[0].from == 2 { throw PipelineError.lasting }
        }
        let owner = RecordingOwner()
        let source = ScriptedSource([.records(2), .records(2), .end])
        let report = await laboratory.pipeline(source, sinks: [failing, owner]).run()
        #expect(report.error?.place == "a")
        #expect(owner.store.value.positions == [0: 2])
        report.expectBalance()
    }

    @Test("a run that was cut off while the owner waited goes on in the next without gap or repetition")
    func restart() async throws {
        let store = Watched(RecordingOwner.Store())
        do {
            let slow = RecordingSink(acknowledging: .onCommand)
            let pipeline = laboratory.pipeline(
                ScriptedSource([.records(2), .records(3)]), sinks: [slow, RecordingOwner(store: store)])
            let running = Task { await pipeline.run() }
            try await slow.recording.wait { $0.batches.count == 2 }
            slow.acknowledge([0])
            try await store.wait { $0.positions == [0: 2] }
            running.cancel()
            await running.value.expectBalance()
        }
        let report = await laboratory.pipeline(
            ScriptedSource([.records(4), .end]), sinks: [RecordingSink(), RecordingOwner(store: store)]
        ).run()
        #expect(store.value.texts == numbered(0..<6))
        #expect(store.value.gaps == [])
        report.expectBalance()
    }

    @Test("two owners do not wait for each other")
    func twoOwners() async throws {
        let owners = [RecordingOwner(), RecordingOwner()]
        let report = await laboratory.pipeline(ScriptedSource([.records(2), .end]), sinks: owners).run()
        #expect(owners.map(\.store.value.positions) == [[0: 2], [0: 2]])
        report.expectBalance()
    }
}
