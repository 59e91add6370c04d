import Pipeline
import PipelineTesting
import Testing

@Suite("Dead letters", .timeLimit(.minutes(1)))
struct DeadLetterTests {
    let laboratory = Laboratory()

    /// Rejects the records whose values are in the list.
    static func rejecting(_ values: Set<String>) -> @Sendable (Batch) -> [Rejection] {
        { batch in
            batch.texts.enumerated().compactMap { index, text in
                values.contains(text ?? "") ? Rejection(index: index, reason: "not wanted") : nil
            }
        }
    }

    /// Marks records dead whose values are in the list.
    static func marking(_ values: Set<String>) -> ClosureTransform {
        ClosureTransform(processing: { batch, emitter in
            var batch = batch
            let original = batch
            batch.reject(stage: "t1") { record in
                let text = original.bytes(record.value).map { String(decoding: $0, as: UTF8.self) }
                return values.contains(text ?? "") ? "not wanted" : nil
            }
            try await emitter.send(batch)
        })
    }

    @Test("what one sink rejects arrives at the sink for dead letters, and the watermark waits for both")
    func rejections() async throws {
        let source = ScriptedSource([.records(3), .records(3), .end])
        let strict = RecordingSink(rejecting: Self.rejecting(["0/1", "0/4"]))
        let keeper = RecordingSink(acknowledging: .onCommand)
        async let running = laboratory.pipeline(source, sinks: [strict, keeper], deadLetters: "b").run()
        // Two batches and two letters, in whichever order.
        let recording = try await keeper.recording.wait { $0.batches.count == 4 }
        let letters = recording.batches.indices.filter { !recording.batches[$0].dead.isEmpty }
        keeper.acknowledge(recording.batches.indices.filter { !letters.contains($0) })
        #expect(source.heard.value.watermark == [:])
        keeper.acknowledge(letters)
        let report = await running
        #expect(recording.dead.map(\.record.offset).sorted() == [1, 4])
        #expect(recording.dead.allSatisfy { $0.stage == "a" && $0.reason == "not wanted" })
        #expect(source.heard.value.watermark == [0: 6])
        #expect(report["a"].dead == 2)
        #expect(report["a"].out == 4)
        #expect(report["b"].out == 6)
        #expect(report.outcome == .completed)
        report.expectBalance()
    }

    @Test("dead records of a transform travel with their batch to the sink for dead letters")
    func fromTransform() async throws {
        let keeper = RecordingSink()
        let other = RecordingSink()
        let report = await laboratory.pipeline(
            ScriptedSource([.records(4), .end]), [Self.marking(["0/2"])], sinks: [other, keeper], deadLetters: "b"
        ).run()
        #expect(keeper.recording.value.dead.map(\.record.offset) == [2])
        #expect(keeper.recording.value.texts == ["0/0", "0/1", "0/3"])
        #expect(report["t1"].dead == 1)
        #expect(report["t1"].out == 3)
        report.expectBalance()
    }

    @Test("a rejected record without a place ends the run at once and names the record")
    func noPlace() async throws {
        let source = ScriptedSource([.records(2), .records(2), .records(2), .end])
        let sink = RecordingSink(rejecting: Self.rejecting(["0/3"]))
        let report = await laboratory.pipeline(source, sinks: [sink]).run()
        #expect(report.error?.code == .badData)
        #expect(report.error?.description.contains("sample[0]@3") == true)
        #expect(report.error?.place == "a")
        // Nothing waited for the clock, and the position stands in front of the record.
        #expect(report.elapsed == .zero)
        #expect(source.heard.value.watermark == [0: 2])
        report.expectBalance()
    }

    @Test("a dead record of a transform without a place ends the run, and nothing behind it goes on")
    func nothingBehindRefused() async throws {
        let source = ScriptedSource([.records(2), .batch(.sample(["bad", "good"], from: 2)), .records(2), .end])
        // Splits each batch in two, as a stage may.
        let splitting = ClosureTransform(processing: { batch, emitter in
            for record in batch.records {
                var part = batch
                part.records = [record]
                part.claims = [Claim(partition: 0, from: record.offset, to: record.offset + 1)]
                let bytes = batch.bytes(record.value) ?? []
                part.reject(stage: "t1") { _ in bytes == Array("bad".utf8) ? "not wanted" : nil }
                try? await emitter.send(part)
            }
        })
        let sink = RecordingSink()
        let report = await laboratory.pipeline(source, [splitting], sinks: [sink]).run()
        #expect(report.error?.description.contains("sample[0]@2") == true)
        #expect(source.heard.value.watermark == [0: 2])
        #expect(sink.recording.value.texts == ["0/0", "0/1"])
        report.expectBalance()
    }

    @Test("the sink for dead letters outlives a best-effort sink that fails")
    func outlivesOthers() async throws {
        let failing = RecordingSink { call in
            if case .write = call { throw PipelineError.lasting }
        }
        let gate = Watched(false)
        let source = ScriptedSource([.records(2), .wait(gate), .records(2), .end])
        let keeper = RecordingSink()
        async let running = laboratory.pipeline(
            source, [Self.marking(["0/3"])], sinks: [failing, keeper], bestEffort: [0], deadLetters: "b"
        ).run()
        try await laboratory.log.entries.wait { entries in entries.contains { $0.level == .error } }
        gate.open()
        let report = await running
        #expect(report.outcome == .completed)
        #expect(keeper.recording.value.texts == numbered(0..<3))
        #expect(keeper.recording.value.dead.count == 1)
        #expect(report.records == 3)
        report.expectBalance()
    }

    @Test("losing the sink for dead letters ends the run, and nobody waits for what it did not keep")
    func keeperLost() async throws {
        let keeper = RecordingSink { call in
            if case .write(let batch) = call, !batch.dead.isEmpty { throw PipelineError.lasting }
        }
        let source = ScriptedSource([.records(2), .records(2), .end])
        let strict = RecordingSink(rejecting: Self.rejecting(["0/2"]))
        let report = await laboratory.pipeline(source, sinks: [strict, keeper], bestEffort: [1], deadLetters: "b").run()
        #expect(report.error?.place == "b")
        #expect(report.elapsed == .zero)
        #expect((source.heard.value.watermark[0] ?? 0) <= 2)
        report.expectBalance()
    }

    @Test("an owner that keeps the dead letters of a sink it waits for does not wait for ever")
    func ownerKeeps() async throws {
        let source = ScriptedSource([.records(3), .records(3), .end])
        let strict = RecordingSink(rejecting: Self.rejecting(["0/1"]))
        let owner = RecordingOwner()
        let report = await laboratory.pipeline(source, sinks: [strict, owner], deadLetters: "b").run()
        #expect(report.outcome == .completed)
        #expect(owner.store.value.positions == [0: 6])
        #expect(owner.store.value.dead.map(\.record.offset) == [1])
        report.expectBalance()
    }

    @Test("too many dead records within a minute end the run, whoever rejected them", arguments: [true, false])
    func share(bySink: Bool) async throws {
        let source = ScriptedSource([.records(2_000), .end])
        let bad: @Sendable (Int) -> Bool = { $0 % 4 != 0 }
        let strict = RecordingSink(rejecting: { batch in
            guard bySink else { return [] }
            return batch.records.indices.filter { bad($0) }.map { Rejection(index: $0, reason: "not wanted") }
        })
        let transform = ClosureTransform(processing: { batch, emitter in
            var batch = batch
            if !bySink { batch.reject(stage: "t1") { bad(Int($0.offset)) ? "not wanted" : nil } }
            try await emitter.send(batch)
        })
        let report = await laboratory.pipeline(
            source, [transform], sinks: [strict, RecordingSink()], deadLetters: "b"
        ).run()
        #expect(report.error?.code == .badData)
        #expect(report.error?.reason.contains("75 %") == true)
        #expect(source.heard.value.watermark == [:])
        report.expectBalance()
    }

    @Test("a sink that rejects a record it was not given is our fault, not a crash")
    func impossibleRejection() async throws {
        let strict = RecordingSink(rejecting: { _ in [Rejection(index: 7, reason: "no such record")] })
        let report = await laboratory.pipeline(
            ScriptedSource([.records(2), .end]), sinks: [strict, RecordingSink()], deadLetters: "b"
        ).run()
        #expect(report.error?.code == .internalFault)
        report.expectBalance()
    }

    @Test("a record rejected twice in one answer is one dead letter")
    func repeatedRejection() async throws {
        let twice = [Rejection(index: 1, reason: "first"), Rejection(index: 1, reason: "second")]
        let keeper = RecordingSink()
        let report = await laboratory.pipeline(
            ScriptedSource([.records(2), .end]), sinks: [RecordingSink(rejecting: { _ in twice }), keeper],
            deadLetters: "b"
        ).run()
        #expect(keeper.recording.value.dead.map(\.reason) == ["first"])
        #expect(report["a"].dead == 1)
        report.expectBalance()
    }
}
