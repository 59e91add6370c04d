import Pipeline
import Synchronization
import Testing

@testable import Stages

/// What a transform handed on.
final class EmittedBatches: Sendable {
    private let state = Mutex((batches: [Batch](), dropped: 0))

    var batches: [Batch] { state.withLock { $0.batches } }
    var dropped: Int { state.withLock { $0.dropped } }

    var emitter: Emitter {
        Emitter(
            send: { batch in self.state.withLock { $0.batches.append(batch) } },
            drop: { count in self.state.withLock { $0.dropped += count } })
    }
}

@Suite struct FilterTransformTests {
    private func filter(_ settings: [String: SettingValue]) throws -> FilterTransform {
        let stage = try FilterTransform.definition.make("filter", SettingValues(settings))
        guard case .transform(let transform) = stage, let filter = transform as? FilterTransform else {
            throw PipelineError(.internalFault, "make the filter", reason: "another stage came")
        }
        return filter
    }

    private func condition(_ parts: [String: SettingValue], on field: String) -> SettingValue {
        .object([field: .object(parts)])
    }

    private let words = SettingValue.list([.text("FAILED")])
    private let rows = parsedBatch([["status": "FAILED"], ["status": "SUCCESS"], ["amount": 1], ["status": "FAILED"]])

    @Test("what is left out is told, and the claim goes on whole")
    func dropsAndKeepsTheClaim() async throws {
        let emitted = EmittedBatches()
        let filter = try filter(["keep": condition(["any_of": words], on: "status")])
        try await filter.process(rows, emitter: emitted.emitter)
        let batch = try #require(emitted.batches.first)
        #expect(emitted.batches.count == 1)
        #expect(batch.records.map(\.offset) == [0, 3])
        #expect(batch.claims == rows.claims)
        #expect(batch.dead.isEmpty)
        #expect(emitted.dropped == 2)
    }

    @Test("a batch of which nothing passes still travels")
    func emptyBatch() async throws {
        let emitted = EmittedBatches()
        let filter = try filter(["keep": condition(["any_of": .list([.text("NONE")])], on: "status")])
        try await filter.process(rows, emitter: emitted.emitter)
        #expect(emitted.batches.first?.records.isEmpty == true)
        #expect(emitted.batches.first?.claims == rows.claims)
        #expect(emitted.dropped == 4)
    }

    @Test("a record without the field goes on when the file says keep")
    func missingKept() async throws {
        let emitted = EmittedBatches()
        let filter = try filter([
            "keep": condition(["any_of": words], on: "status"), "missing": .text("keep"),
        ])
        try await filter.process(rows, emitter: emitted.emitter)
        #expect(emitted.batches.first?.records.map(\.offset) == [0, 2, 3])
        #expect(emitted.dropped == 1)
    }

    @Test("a record without the field is rejected with its reason when the file says dead")
    func missingDead() async throws {
        let emitted = EmittedBatches()
        let filter = try filter([
            "keep": condition(["any_of": words], on: "status"), "missing": .text("dead"),
        ])
        try await filter.process(rows, emitter: emitted.emitter)
        let batch = try #require(emitted.batches.first)
        #expect(batch.records.map(\.offset) == [0, 3])
        #expect(batch.dead.map(\.record.offset) == [2])
        #expect(batch.dead.first?.stage == "filter")
        #expect(batch.dead.first?.reason.contains("\"status\"") == true)
        #expect(emitted.dropped == 1)
    }

    @Test("lists that are empty read no field and pass everything on")
    func nothingInForce() async throws {
        let emitted = EmittedBatches()
        let filter = try filter(["keep": condition(["any_of": .list([])], on: "status")])
        #expect(filter.fields == [])
        var unparsed = rows
        unparsed.fields = nil
        try await filter.process(unparsed, emitter: emitted.emitter)
        #expect(emitted.batches.first?.records == rows.records)
        #expect(emitted.dropped == 0)
    }

    @Test("the tested fields are needed, and none of them is required")
    func needs() throws {
        let filter = try filter([
            "keep": .object(["a": .object(["from": .number(1)]), "b": .object(["present": .boolean(true)])]),
            "drop": condition(["any_of": words], on: "a"),
        ])
        #expect(filter.fields == [FieldNeed("a", isRequired: false), FieldNeed("b", isRequired: false)])
    }

    @Test("a range whose ends are the wrong way round is a mistake of the file")
    func reversedRange() {
        let problems = FilterTransform.definition.problems(
            SettingValues(["drop": condition(["from": .number(5), "to": .number(1)], on: "amount")]))
        #expect(problems.map(\.setting) == ["drop"])
        #expect(problems.first?.message.contains("\"amount\"") == true)
        #expect(
            FilterTransform.definition.problems(
                SettingValues(["drop": condition(["from": .number(1), "to": .text("")], on: "amount")])
            ).isEmpty)
        #expect(
            FilterTransform.definition.problems(
                SettingValues(["keep": condition(["from": .number(1), "to": .text("z")], on: "a")])
            ).count == 1)
    }
}
