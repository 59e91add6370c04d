public import Pipeline

/// The contract of `Source`, tried on a real stage.
///
/// ```swift
/// let violations = await SourceContract { FileSource(path: path) }.violations()
/// #expect(violations == [])
/// ```
public struct SourceContract: Sendable {
    private let make: @Sendable () async throws -> any Source
    private let makeUnopenable: (@Sendable () async throws -> any Source)?
    private let owners: @Sendable () async throws -> [any PositionOwner]
    private let isFinite: Bool
    private let wanted: [Int]
    private let enough: Int
    private let patience: Duration
    private let idleBound: Duration

    /// Describes the stage to try.
    /// - Parameters:
    ///   - makeUnopenable: makes a source whose `open` fails for good, or nil to leave that out.
    ///   - owners: makes the owners of positions the source is opened with.
    ///   - isFinite: whether the input ends by itself within `enough` records.
    ///   - wanted: how many records are asked for, in turn.
    ///   - enough: records after which a source that does not end has shown what it does.
    ///   - patience: how long any call may take; calls that connect to a server may need more.
    ///   - idleBound: how long `next` may take. The contract says 50 ms; a busy machine needs room.
    ///   - make: makes a new source over the same input each time.
    public init(
        makeUnopenable: (@Sendable () async throws -> any Source)? = nil,
        owners: @escaping @Sendable () async throws -> [any PositionOwner] = { [] }, isFinite: Bool = true,
        wanted: [Int] = [1, 2, 7, 100, 10_000], enough: Int = 20_000, patience: Duration = .seconds(20),
        idleBound: Duration = .seconds(5), make: @escaping @Sendable () async throws -> any Source
    ) {
        self.make = make
        self.makeUnopenable = makeUnopenable
        self.owners = owners
        self.isFinite = isFinite
        self.wanted = wanted
        self.enough = enough
        self.patience = patience
        self.idleBound = idleBound
    }

    /// Tries the source. Takes as long as the source takes to read its input a few times.
    /// - Returns: every rule it breaks; empty for a source that keeps the contract.
    public func violations() async -> [ContractViolation] {
        let findings = Findings()
        await tryReading(findings)
        await tryCancelledReading(findings)
        await tryCancelledOpening(findings)
        await tryFailedOpening(findings)
        return findings.all
    }

    private func context() async throws -> SourceContext {
        SourceContext(stage: ContractSurroundings(clock: SystemClock()).stage("source"), owners: try await owners())
    }

    private func opened(_ findings: Findings) async -> (any Source)? {
        let source = await findings.requireSuccess("a source opens and starts", within: patience) {
            let source = try await make()
            do {
                try await source.open(try await context())
                try await source.start()
                return source
            } catch {
                await source.close()
                throw error
            }
        }
        if let source { await findings.requireThread(source.thread, of: source) }
        return source
    }

    private func close(_ source: any Source, _ findings: Findings) async {
        _ = await findings.requireSuccess("close returns", within: patience) { await source.close() }
    }

    // MARK: Reading to the end

    private func tryReading(_ findings: Findings) async {
        guard let source = await opened(findings) else { return }
        var positions: [Int32: Int64] = [:]
        var given = 0
        var call = 0
        let begin = ContinuousClock.now
        var ended = false
        while given < enough, isFinite ? ContinuousClock.now - begin < patience : call < 200 + enough {
            if !isFinite, ContinuousClock.now - begin > patience { break }
            let count = wanted[call % wanted.count]
            call += 1
            let before = ContinuousClock.now
            let next = await findings.requireSuccess("next gives a batch or the end", within: patience) {
                try await source.next(atMost: count)
            }
            let took = ContinuousClock.now - before
            findings.require(
                took < idleBound, "next returns soon, with an empty batch if there is nothing", "it took \(took)")
            guard let next else { break }
            guard case .batch(let batch) = next else {
                ended = true
                break
            }
            check(batch, askedFor: count, &positions, findings)
            given += batch.records.count
            // Every other time, as the runtime does while batches are on their way.
            if !batch.claims.isEmpty, call.isMultiple(of: 2) { await hear(positions, source, findings) }
        }
        if isFinite { findings.require(ended, "the input ends", "it had not after \(given) records") }
        if ended {
            let again = await outcome(within: patience) { try await source.next(atMost: 10) }
            if case .returned(.batch(let batch)) = again {
                findings.require(
                    batch.records.isEmpty && batch.claims.isEmpty, "the end of input is final",
                    "it gave \(batch.records.count) records after it")
            }
        }
        findings.requireOwnNames(of: source.measurements)
        if !positions.isEmpty { await hear(positions, source, findings) }
        await close(source, findings)
    }

    private func hear(_ watermark: [Int32: Int64], _ source: any Source, _ findings: Findings) async {
        _ = await findings.requireSuccess("advance returns", within: patience) { await source.advance(to: watermark) }
    }

    private func check(
        _ batch: Batch, askedFor count: Int, _ positions: inout [Int32: Int64], _ findings: Findings
    ) {
        findings.require(
            batch.records.count + batch.dead.count <= count, "a batch has at most as many records as were asked for",
            "\(batch.records.count + batch.dead.count) for \(count)")
        var claims: [Int32: Claim] = [:]
        for claim in batch.claims {
            findings.require(
                claims.updateValue(claim, forKey: claim.partition) == nil, "a batch has one claim a partition",
                "two of partition \(claim.partition)")
            if let position = positions[claim.partition] {
                findings.require(
                    claim.from == position, "claims of one partition are contiguous",
                    "partition \(claim.partition) goes on at \(claim.from) after \(position)")
            }
            positions[claim.partition] = claim.to
        }
        var last: [Int32: Int64] = [:]
        for record in batch.records {
            let claim = claims[record.partition]
            findings.require(
                claim.map { $0.from <= record.offset && record.offset < $0.to } ?? false,
                "every record lies in a claim of its batch",
                "partition \(record.partition), offset \(record.offset) in \(batch.claims)")
            if let before = last.updateValue(record.offset, forKey: record.partition) {
                findings.require(
                    before < record.offset, "records of one partition are in order",
                    "offset \(record.offset) after \(before)")
            }
            // Reads every byte that a record names.
            for range in [record.key, record.value, record.headers] where range.isPresent {
                let size = batch.withUnsafeBytes { $0.count }
                findings.require(
                    range.offsets.upperBound <= size, "a record's ranges lie in its batch",
                    "\(range.offsets) of \(size) bytes")
            }
        }
    }

    // MARK: Cancellation and failure

    private func tryCancelledReading(_ findings: Findings) async {
        let rule = "cancellation ends reading at once, with CancellationError or an answer"
        guard let source = await opened(findings) else { return }
        let hasBegun = Watched(false)
        let enough = enough
        let reading = Task {
            hasBegun.open()
            var given = 0
            // An input that never ends and never pauses is left after a while.
            while !Task.isCancelled, given < enough {
                guard case .batch(let batch) = try await source.next(atMost: 10) else { return }
                given += batch.records.count
            }
        }
        try? await hasBegun.pass()
        reading.cancel()
        expectCancellation(await outcome(within: patience) { try await reading.value }, rule, findings)
        let late = await outcome(within: patience, cancelledFirst: true) { _ = try await source.next(atMost: 10) }
        expectCancellation(late, rule, findings)
        await close(source, findings)
    }

    private func tryCancelledOpening(_ findings: Findings) async {
        guard let source = try? await make(), let context = try? await context() else { return }
        let opening = await outcome(within: patience, cancelledFirst: true) {
            try await source.open(context)
            try await source.start()
        }
        if case .hung = opening { findings.note("a cancelled open returns", "it did not within \(patience)") }
        await close(source, findings)
    }

    private func tryFailedOpening(_ findings: Findings) async {
        guard let makeUnopenable else { return }
        guard let source = try? await makeUnopenable(), let context = try? await context() else { return }
        let rule = "open fails with a PipelineError that says what, why and what to do"
        switch await outcome(within: patience, { try await source.open(context) }) {
        case .returned: findings.note(rule, "it opened")
        case .hung: findings.note(rule, "it did not return within \(patience)")
        case .threw(let error):
            findings.require(error is PipelineError, rule, "it threw \(type(of: error))")
        }
        await close(source, findings)
    }
}

/// Notes a cancelled call that hung or threw something other than what cancellation throws.
func expectCancellation(_ outcome: CallOutcome<Void>, _ rule: String, _ findings: Findings) {
    switch outcome {
    case .returned: break
    case .threw(let error):
        findings.require(error is CancellationError, rule, "it threw \(type(of: error))")
    case .hung: findings.note(rule, "it had not ended in time")
    }
}
