public import Pipeline

/// The contract of `Transform`, tried on a real stage.
///
/// ```swift
/// let violations = await TransformContract { FilterTransform(settings) }.violations()
/// #expect(violations == [])
/// ```
public struct TransformContract: Sendable {
    private let make: @Sendable () async throws -> any Transform
    private let inputs: [Batch]?
    private let patience: Duration
    // One for all: what a transform says of time is on the scale of the clock that it was given.
    private let clock = SystemClock()

    /// Describes the stage to try.
    /// - Parameters:
    ///   - inputs: the batches to give it, one stream, contiguous claims; nil makes samples with the fields it needs.
    ///   - patience: how long any call may take.
    ///   - make: makes a new transform each time.
    public init(
        inputs: [Batch]? = nil, patience: Duration = .seconds(20),
        make: @escaping @Sendable () async throws -> any Transform
    ) {
        self.make = make
        self.inputs = inputs
        self.patience = patience
    }

    /// What came out of the stage.
    private struct Output: Sendable {
        var batches: [Batch] = []
        var dropped = 0
    }

    /// Tries the transform.
    /// - Returns: every rule it breaks; empty for a transform that keeps the contract.
    public func violations() async -> [ContractViolation] {
        let findings = Findings()
        await tryProcessing(findings)
        await tryFinishing(findings)
        await tryCancelledProcessing(findings)
        await tryCancelledOpening(findings)
        return findings.all
    }

    private func opened(_ findings: Findings) async -> (any Transform)? {
        let transform = await findings.requireSuccess("a transform opens and starts", within: patience) {
            let transform = try await make()
            do {
                try await transform.open(ContractSurroundings(clock: clock).stage("transform"))
                try await transform.start()
                return transform
            } catch {
                await transform.close()
                throw error
            }
        }
        if let transform { await findings.requireThread(transform.thread, of: transform) }
        return transform
    }

    private func close(_ transform: any Transform, _ findings: Findings) async {
        _ = await findings.requireSuccess("close returns", within: patience) { await transform.close() }
    }

    private func collector(_ output: Watched<Output>) -> Emitter {
        Emitter(
            send: { batch in
                try Task.checkCancellation()
                output.update { $0.batches.append(batch) }
            },
            drop: { count in output.update { $0.dropped += count } })
    }

    private func prepared(for transform: any Transform) async -> [Batch] {
        let batches = inputs ?? Batch.samples(for: transform.fields)
        return transform.fields.isEmpty ? batches : await prepare(batches, for: transform.fields)
    }

    // MARK: Records and claims

    private func tryProcessing(_ findings: Findings) async {
        guard let transform = await opened(findings) else { return }
        let given = await prepared(for: transform)
        let output = Watched(Output())
        let emitter = collector(output)
        for batch in given {
            if transform.pacesDemand { await tryDemand(transform, findings) }
            let isDone = await findings.requireSuccess("process takes every batch", within: patience) {
                try await transform.process(batch, emitter: emitter)
            }
            if !isDone { break }
        }
        _ = await findings.requireSuccess("finish returns", within: patience) {
            try await transform.finish(emitter: emitter)
        }
        findings.requireOwnNames(of: transform.measurements)
        compare(given, output.value, findings)
        await close(transform, findings)
    }

    private func tryDemand(_ transform: any Transform, _ findings: Findings) async {
        for downstream in [1, 1_000] {
            guard let wanted = await due(transform, downstream: downstream, findings) else { return }
            findings.require(
                (1...downstream).contains(wanted), "demand is at least 1 and at most what is wanted downstream",
                "\(wanted) of \(downstream)")
        }
    }

    /// Asks as the runtime does, until something is wanted.
    private func due(_ transform: any Transform, downstream: Int, _ findings: Findings) async -> Int? {
        let end = clock.now + patience
        while clock.now < end {
            let demand = await findings.requireSuccess("demand says at once what is wanted", within: patience) {
                try await transform.demand(downstream: downstream)
            }
            switch demand {
            case .records(let records): return records
            case .nothing(let time): try? await clock.sleep(until: min(time, end))
            case nil: return nil
            }
        }
        findings.note(
            "demand names a time that lies ahead, and wants something in the end", "it wanted nothing for \(patience)")
        return nil
    }

    private func compare(_ given: [Batch], _ output: Output, _ findings: Findings) {
        compareClaims(given.flatMap(\.claims), output.batches.flatMap(\.claims), findings)
        for batch in output.batches {
            let partitions = batch.claims.map(\.partition)
            findings.require(
                Set(partitions).count == partitions.count, "a batch has one claim a partition", "\(batch.claims)")
            for record in batch.records {
                findings.require(
                    batch.claims.contains {
                        $0.partition == record.partition && $0.from <= record.offset && record.offset < $0.to
                    }, "every record goes on with the claim that answers for it",
                    "partition \(record.partition), offset \(record.offset) in \(batch.claims)")
            }
        }

        let deadBefore = given.flatMap { batch in batch.dead.map { Kept(batch, $0) } }
        let deadAfter = output.batches.flatMap { batch in batch.dead.map { Kept(batch, $0) } }
        for dead in deadBefore {
            let count = deadAfter.count { $0 == dead }
            findings.require(
                count == 1, "dead records go on once, untouched", "\(dead.place) went on \(count) times")
        }
        let living = given.reduce(0) { $0 + $1.records.count }
        let out = output.batches.reduce(0) { $0 + $1.records.count }
        let newlyDead = deadAfter.count - deadBefore.count
        findings.require(
            living == out + output.dropped + newlyDead, "records in are records out, dropped and dead",
            "\(living) in; \(out) out, \(output.dropped) dropped, \(newlyDead) dead")
        for dead in deadAfter where !deadBefore.contains(dead) {
            findings.require(!dead.reason.isEmpty, "a dead record has a reason", dead.place)
        }
        compareOrder(output.batches, findings)
    }

    /// Claims may be split and joined on the way; what they cover, in order, stays.
    private func compareClaims(_ given: [Claim], _ emitted: [Claim], _ findings: Findings) {
        for partition in Set(given.map(\.partition)).union(emitted.map(\.partition)).sorted() {
            let before = joined(given.filter { $0.partition == partition })
            let after = joined(emitted.filter { $0.partition == partition })
            findings.require(
                before == after, "claims go on in order, none lost, none invented",
                "partition \(partition): \(before) came out as \(after)")
        }
    }

    private func joined(_ claims: [Claim]) -> [Range<Int64>] {
        var ranges: [Range<Int64>] = []
        for claim in claims where claim.from < claim.to {
            if let last = ranges.last, last.upperBound == claim.from {
                ranges[ranges.count - 1] = last.lowerBound..<claim.to
            } else {
                ranges.append(claim.from..<claim.to)
            }
        }
        return ranges
    }

    private func compareOrder(_ batches: [Batch], _ findings: Findings) {
        var last: [Int32: Int64] = [:]
        for record in batches.flatMap(\.records) {
            if let before = last.updateValue(record.offset, forKey: record.partition) {
                findings.require(
                    before <= record.offset, "records of one partition stay in order",
                    "offset \(record.offset) after \(before)")
            }
        }
    }

    /// A dead record by content, wherever its bytes lie.
    private struct Kept: Equatable {
        var position: Position
        var stage: String
        var reason: String
        var key: [UInt8]?
        var value: [UInt8]?

        init(_ batch: Batch, _ dead: DeadRecord) {
            position = dead.record.position
            stage = dead.stage
            reason = dead.reason
            key = batch.bytes(dead.record.key)
            value = batch.bytes(dead.record.value)
        }

        var place: String { "partition \(position.partition), offset \(position.offset)" }
    }

    // MARK: The end and cancellation

    private func tryFinishing(_ findings: Findings) async {
        guard let transform = await opened(findings) else { return }
        let output = Watched(Output())
        let emitter = collector(output)
        _ = await findings.requireSuccess("finish without a batch returns", within: patience) {
            try await transform.finish(emitter: emitter)
        }
        findings.require(
            output.value.batches.allSatisfy { $0.records.isEmpty && $0.claims.isEmpty } && output.value.dropped == 0,
            "finish hands out what is held and nothing else", "\(output.value.batches.count) batches from none")
        await close(transform, findings)
    }

    private func tryCancelledProcessing(_ findings: Findings) async {
        guard let transform = await opened(findings) else { return }
        let emitter = collector(Watched(Output()))
        let given = await prepared(for: transform)
        for batch in given.prefix(1) {
            let ended = await outcome(within: patience, cancelledFirst: true) {
                try await transform.process(batch, emitter: emitter)
            }
            expectCancellation(ended, "cancellation ends process with CancellationError or an answer", findings)
        }
        await close(transform, findings)
    }

    private func tryCancelledOpening(_ findings: Findings) async {
        guard let transform = try? await make() else { return }
        let context = ContractSurroundings(clock: clock).stage("transform")
        let opening = await outcome(within: patience, cancelledFirst: true) { try await transform.open(context) }
        if case .hung = opening { findings.note("a cancelled open returns", "it did not within \(patience)") }
        await close(transform, findings)
    }
}
