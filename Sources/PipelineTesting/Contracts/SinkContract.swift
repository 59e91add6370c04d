public import Pipeline

/// The contract of `Sink`, tried on a real stage; that of `PositionOwner` too where the sink is one.
///
/// ```swift
/// let violations = await SinkContract { try makeSink(over: emptyFolder()) }.violations()
/// #expect(violations == [])
/// ```
public struct SinkContract: Sendable {
    private let make: @Sendable () async throws -> any Sink
    private let makeUnopenable: (@Sendable () async throws -> any Sink)?
    private let batches: [Batch]?
    private let takesDeadLetters: Bool
    private let stored: (@Sendable () async throws -> [Position])?
    private let patience: Duration

    /// Describes the stage to try.
    /// - Parameters:
    ///   - makeUnopenable: makes a sink whose `open` fails for good, or nil to leave that out.
    ///   - batches: what to write, one stream, contiguous claims; nil makes samples with the fields the sink needs.
    ///   - takesDeadLetters: whether it is tried as the place for dead letters.
    ///   - stored: positions of the records that the output of the sink made last holds durably, in the output's order;
    ///     nil leaves out what needs looking there.
    ///   - patience: how long any call may take; calls that connect to a server may need more.
    ///   - make: makes a new sink over a new, empty output each time.
    public init(
        makeUnopenable: (@Sendable () async throws -> any Sink)? = nil, batches: [Batch]? = nil,
        takesDeadLetters: Bool = false, stored: (@Sendable () async throws -> [Position])? = nil,
        patience: Duration = .seconds(20), make: @escaping @Sendable () async throws -> any Sink
    ) {
        self.make = make
        self.makeUnopenable = makeUnopenable
        self.batches = batches
        self.takesDeadLetters = takesDeadLetters
        self.stored = stored
        self.patience = patience
    }

    /// Tries the sink.
    /// - Returns: every rule it breaks; empty for a sink that keeps the contract.
    public func violations() async -> [ContractViolation] {
        let findings = Findings()
        await tryWriting(findings)
        await tryReopening(findings)
        await tryRefusedBarrier(findings)
        await tryCancellation(findings)
        await tryCancelledOpening(findings)
        await tryFailedOpening(findings)
        return findings.all
    }

    // MARK: Writing and acknowledging

    private func tryWriting(_ findings: Findings) async {
        guard let trial = await opened(findings) else { return }
        let given = await prepared(for: trial.sink)
        guard await write(given, trial, findings), await flush(trial, findings) else {
            return await close(trial, findings)
        }
        checkAllAcknowledged(given, trial, findings)
        await checkStored(given, trial, "after flush the output holds what was acknowledged, in order", findings)
        if let owner = trial.sink as? any PositionOwner { await checkPositions(owner, given, findings) }
        guard await flush(trial, findings) else { return await close(trial, findings) }
        findings.requireOwnNames(of: trial.sink.measurements)
        await close(trial, findings)
        checkAllAcknowledged(given, trial, findings)
    }

    private func checkAllAcknowledged(_ given: [Batch], _ trial: SinkTrial, _ findings: Findings) {
        for (index, batch) in given.enumerated() {
            let answers = trial.answers(index)
            findings.require(
                answers.count == 1, "after flush every batch is acknowledged, once",
                "batch \(index) (\(batch.records.count) records, \(batch.claims)) \(answers.count) times")
            for rejection in answers.joined() {
                findings.require(
                    batch.records.indices.contains(rejection.index), "a rejection names a record of its batch",
                    "record \(rejection.index) of \(batch.records.count)")
                findings.require(!rejection.reason.isEmpty, "a rejection has a reason", "batch \(index)")
            }
            let indices = answers.joined().map(\.index)
            findings.require(
                Set(indices).count == indices.count, "a record is rejected once", "batch \(index): \(indices)")
        }
    }

    private func checkStored(_ given: [Batch], _ trial: SinkTrial, _ rule: String, _ findings: Findings) async {
        guard let stored else { return }
        let found = await findings.requireSuccess("the output can be read", within: patience, stored)
        guard let found else { return }
        var expected: [Position] = []
        for (index, batch) in given.enumerated() {
            guard let answer = trial.answers(index).first else { continue }
            let rejected = Set(answer.map(\.index))
            for (place, record) in batch.records.enumerated() where !rejected.contains(place) {
                expected.append(record.position)
            }
        }
        for partition in Set(expected.map(\.partition)).sorted() {
            let wanted = expected.filter { $0.partition == partition }.map(\.offset)
            // What was not acknowledged may be there too, and what was given again may be there again.
            var rest = found.filter { $0.partition == partition }.map(\.offset)[...]
            let missing = wanted.first { offset in
                guard let place = rest.firstIndex(of: offset) else { return true }
                rest = rest[(place + 1)...]
                return false
            }
            findings.require(
                missing == nil, rule,
                "partition \(partition): \(missing.map { "offset \($0)" } ?? "") is missing or out of order")
        }
    }

    private func checkPositions(_ owner: any PositionOwner, _ given: [Batch], _ findings: Findings) async {
        var expected: [Int32: Int64] = [:]
        for claim in given.flatMap(\.claims) { expected[claim.partition] = claim.to }
        let rule = "an owner stores the position behind what it holds"
        let stored = await findings.requireSuccess(rule, within: patience) { try await owner.storedPositions() }
        findings.require(stored == expected, rule, "\(String(describing: stored)) for \(expected)")
    }

    // MARK: Reopening

    private func tryReopening(_ findings: Findings) async {
        guard let trial = await opened(findings) else { return }
        let given = await prepared(for: trial.sink)
        guard await write(given, trial, findings) else { return await close(trial, findings) }
        await close(trial, findings)
        let acknowledged = given.indices.filter { !trial.answers($0).isEmpty }
        await checkStored(given, trial, "what was acknowledged before close without flush is held", findings)
        trial.countLateAnswers()

        let reopened = await findings.requireSuccess("a closed sink opens and starts again", within: patience) {
            try await trial.sink.open(trial.context)
            try await trial.sink.start()
        }
        guard reopened else { return await close(trial, findings) }
        let again = given.indices.filter { !acknowledged.contains($0) }
        guard await write(again.map { given[$0] }, trial, indices: again, findings), await flush(trial, findings)
        else { return await close(trial, findings) }
        findings.require(
            trial.lateAnswers == 0, "after close nothing of before is acknowledged", "\(trial.lateAnswers) batches")
        checkAllAcknowledged(given, trial, findings)
        await checkStored(given, trial, "after reopening the output holds everything, in order", findings)
        if let owner = trial.sink as? any PositionOwner { await checkPositions(owner, given, findings) }
        await close(trial, findings)
    }

    // MARK: Failures

    /// An owner whose others have failed must not make durable what they do not hold.
    private func tryRefusedBarrier(_ findings: Findings) async {
        guard let trial = await opened(findings), trial.sink is any PositionOwner else { return }
        let given = await prepared(for: trial.sink)
        trial.refuseBarrier()
        let ended = await outcome(within: patience) {
            for (index, batch) in given.enumerated() {
                try await trial.sink.write(batch, receipt: trial.receipt(index, of: batch))
            }
            try await trial.sink.flush()
        }
        let rule = "an owner makes nothing durable that the other sinks do not hold"
        if case .hung = ended { findings.note(rule, "it did not return within \(patience)") }
        findings.require(
            given.indices.allSatisfy { trial.answers($0).isEmpty }, rule, "it acknowledged batches they do not hold")
        if let owner = trial.sink as? any PositionOwner, let stored = try? await owner.storedPositions() {
            let begin = SinkTrial.beginnings(given)
            findings.require(stored == begin || stored.isEmpty, rule, "it stored \(stored)")
        }
        await close(trial, findings)
    }

    private func tryCancellation(_ findings: Findings) async {
        guard let trial = await opened(findings) else { return }
        let given = await prepared(for: trial.sink)
        let rule = "cancellation ends write and flush with CancellationError or an answer"
        let ended = await outcome(within: patience, cancelledFirst: true) {
            for (index, batch) in given.enumerated() {
                try await trial.sink.write(batch, receipt: trial.receipt(index, of: batch))
            }
            try await trial.sink.flush()
        }
        expectCancellation(ended, rule, findings)
        await close(trial, findings)
        await checkStored(given, trial, "what was acknowledged before a cancellation is held", findings)
    }

    private func tryCancelledOpening(_ findings: Findings) async {
        guard let sink = try? await make() else { return }
        let trial = SinkTrial(sink, takesDeadLetters: takesDeadLetters, findings)
        let opening = await outcome(within: patience, cancelledFirst: true) { try await sink.open(trial.context) }
        if case .hung = opening { findings.note("a cancelled open returns", "it did not within \(patience)") }
        await close(trial, findings)
    }

    private func tryFailedOpening(_ findings: Findings) async {
        guard let makeUnopenable, let sink = try? await makeUnopenable() else { return }
        let trial = SinkTrial(sink, takesDeadLetters: takesDeadLetters, findings)
        let rule = "open fails with a PipelineError that says what, why and what to do"
        switch await outcome(within: patience, { try await sink.open(trial.context) }) {
        case .returned: findings.note(rule, "it opened")
        case .hung: findings.note(rule, "it did not return within \(patience)")
        case .threw(let error): findings.require(error is PipelineError, rule, "it threw \(type(of: error))")
        }
        await close(trial, findings)
    }

    // MARK: Calls

    private func opened(_ findings: Findings) async -> SinkTrial? {
        let sink = await findings.requireSuccess("a sink can be made", within: patience) { try await make() }
        guard let sink else { return nil }
        let trial = SinkTrial(sink, takesDeadLetters: takesDeadLetters, findings)
        let given = batches ?? Batch.samples(for: sink.fields)
        let isOpen = await findings.requireSuccess("a sink opens and starts", within: patience) {
            try await sink.open(trial.context)
            if let owner = sink as? any PositionOwner, let stream = given.first?.stream {
                // What a source does while it opens.
                _ = try await owner.storedStream()
                _ = try await owner.storedPositions()
                try await owner.begin(stream, at: SinkTrial.beginnings(given))
            }
            try await sink.start()
        }
        if !isOpen {
            await close(trial, findings)
            return nil
        }
        await findings.requireThread(sink.thread, of: sink)
        return trial
    }

    private func prepared(for sink: any Sink) async -> [Batch] {
        let given = batches ?? Batch.samples(for: sink.fields)
        return sink.fields.isEmpty ? given : await prepare(given, for: sink.fields)
    }

    private func write(
        _ batches: [Batch], _ trial: SinkTrial, indices: [Int]? = nil, _ findings: Findings
    ) async -> Bool {
        for (place, batch) in batches.enumerated() {
            let index = indices?[place] ?? place
            let isTaken = await findings.requireSuccess("write takes every batch", within: patience) {
                try await trial.sink.write(batch, receipt: trial.receipt(index, of: batch))
            }
            if !isTaken { return false }
        }
        return true
    }

    private func flush(_ trial: SinkTrial, _ findings: Findings) async -> Bool {
        await findings.requireSuccess("flush returns", within: patience) { try await trial.sink.flush() }
    }

    private func close(_ trial: SinkTrial, _ findings: Findings) async {
        _ = await findings.requireSuccess("close returns", within: patience) { await trial.sink.close() }
    }
}
