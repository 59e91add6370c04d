internal import Pipeline

extension Archive {
    /// What came of a batch.
    struct Outcome {
        /// Records inserted.
        var rows = 0
        /// Records that are there already: given again, or another record with the same key and values.
        var repeated = 0
        /// Dead records of the batch, and records whose key is there with other values.
        var dead = 0
        /// The latter, for the place of dead letters.
        var rejections: [Rejection] = []
    }

    /// Writes a batch into the open transaction, beginning one where none is.
    /// - Parameters:
    ///   - batch: what is below a stored position is passed over.
    ///   - takesDeadLetters: whether dead records are kept here; there are no rejections then.
    ///   - stage: the sink's name, for the dead letters of its own.
    /// - Returns: what came of it.
    /// - Throws: ``PipelineError``; the whole open transaction is rolled back then.
    func write(_ batch: Batch, takesDeadLetters: Bool, stage: String) throws(PipelineError) -> Outcome {
        do {
            try checkStream(batch.stream)
            try beginUnannounced(batch)
            return try write(BatchPlan(batch, from: partitions.mapValues(\.next)), of: batch, takesDeadLetters, stage)
        } catch {
            rollBack()
            switch error {
            case let error as PipelineError: throw error
            case let failure as SQLiteFailure: throw PipelineError(failure, "cannot write to the archive", path: path)
            default: throw PipelineError(.internalFault, "cannot write to the archive", reason: "\(error)")
            }
        }
    }

    /// Begins partitions that the source did not announce with their first claim.
    private func beginUnannounced(_ batch: Batch) throws(SQLiteFailure) {
        for claim in batch.claims where partitions[claim.partition] == nil {
            try beginTransaction()
            try store(batch.stream)
            try add(claim.partition, at: claim.from)
        }
    }

    private func write(
        _ plan: BatchPlan, of batch: Batch, _ takesDeadLetters: Bool, _ stage: String
    ) throws -> Outcome {
        var plan = plan
        var outcome = Outcome(repeated: plan.skipped)
        if plan.isEmpty { return outcome }
        try beginTransaction()
        for conflict in try insert(&plan, of: batch) {
            guard let share = plan.share(of: batch.records[conflict.index]) else { continue }
            if let difference = conflict.difference {
                plan.shares[share].collided += 1
                outcome.rejections.append(Rejection(index: conflict.index, reason: difference))
            } else {
                plan.shares[share].repeated += 1
            }
        }
        if takesDeadLetters {
            try keep(plan.letters, of: batch)
            try keep(
                outcome.rejections.map {
                    DeadRecord(record: batch.records[$0.index], stage: stage, reason: $0.reason)
                }, of: batch)
            outcome.rejections = []
        }
        for share in plan.shares where !share.isOld {
            outcome.rows += share.rows
            outcome.repeated += share.repeated
            outcome.dead += share.dead + share.collided
            try advance(by: share, of: batch)
        }
        return outcome
    }

    /// Moves the stored position: the fence. One row must change, or another process has written since.
    private func advance(by share: ClaimShare, of batch: Batch) throws {
        let partition = share.claim.partition
        let ledger = partitions[partition]
        let last = share.last.map { batch.mark(of: $0) }
        let values: [Int64?] = [
            Int64(partition), ledger?.generation, ledger?.epoch, share.from, share.claim.to, Int64(share.read),
            Int64(share.rows), Int64(share.repeated), Int64(share.dropped), Int64(share.dead + share.collided),
            Int64(share.holes), Int64(share.lost), last?.offset, last?.timestamp.microseconds,
            last.map { Int64($0.checksum) },
        ]
        let advance = try statements().advance
        for (index, value) in values.enumerated() { try advance.bind(value, at: Int32(index + 1)) }
        try advance.run()
        guard connection.changes == 1 else {
            throw fenced("cannot write \(batch.stream.topic)[\(partition)]@\(share.from)")
        }
        partitions[partition]?.next = share.claim.to
        if let last { partitions[partition]?.last = last }
        openClaims[partition] = Claim(
            partition: partition, from: openClaims[partition]?.from ?? share.from, to: share.claim.to)
    }

    private func keep(_ letters: [DeadRecord], of batch: Batch) throws(SQLiteFailure) {
        if letters.isEmpty { return }
        let statement = try statements().deadLetter
        for letter in letters {
            let record = letter.record
            try statement.bind(letter.stage, at: 1)
            try statement.bind(letter.reason, at: 2)
            try statement.bind(batch.stream.topic, at: 3)
            try statement.bind(Int64(record.partition), at: 4)
            try statement.bind(partitions[record.partition]?.generation ?? 0, at: 5)
            try statement.bind(record.offset, at: 6)
            try statement.bind(record.timestamp.microseconds, at: 7)
            try batch.withUnsafeBytes { bytes throws(SQLiteFailure) in
                for (parameter, range) in [(8, record.key), (9, record.value), (10, record.headers)] {
                    try statement.bind(
                        range.isPresent ? UnsafeRawBufferPointer(rebasing: bytes[range.offsets]) : nil,
                        at: Int32(parameter))
                }
            }
            try statement.run()
        }
    }
}
