internal import Pipeline

/// What is to be written of a batch: everything from the stored positions on. What lies below was committed before and
/// is given again after a reopen, or because another owner stands further back.
struct BatchPlan {
    /// The batch's claims, with the records counted in them.
    var shares: [ClaimShare] = []
    /// Indices of the living records to insert.
    private(set) var order: [UInt32] = []
    /// Dead records to keep.
    private(set) var letters: [DeadRecord] = []
    /// Living records that the archive holds already.
    var skipped: Int { living - order.count }
    private let living: Int

    /// - Parameters:
    ///   - batch: the batch.
    ///   - positions: the stored position of each of its partitions.
    /// - Throws: ``PipelineError`` if records or positions are missing that were promised.
    init(_ batch: Batch, from positions: [Int32: Int64]) throws(PipelineError) {
        living = batch.records.count
        order.reserveCapacity(living)
        for claim in batch.claims {
            let next = positions[claim.partition] ?? claim.from
            guard claim.from <= next else {
                throw PipelineError(
                    .internalFault, "cannot archive \(batch.stream.topic)[\(claim.partition)]@\(claim.from)",
                    reason: "the archive stands at \(next), and what lies between was never delivered")
            }
            shares.append(ClaimShare(claim, next: next))
        }
        for (index, record) in batch.records.enumerated() {
            guard let share = share(of: record) else {
                throw PipelineError(
                    .internalFault, "cannot archive \(batch.stream.topic)[\(record.partition)]@\(record.offset)",
                    reason: "no claim of its batch answers for it")
            }
            if shares[share].count(record, isDead: false) { order.append(UInt32(truncatingIfNeeded: index)) }
        }
        for dead in batch.dead {
            // What another sink rejected comes alone, without a claim: its batch was counted when it came itself.
            if let share = share(of: dead.record), !shares[share].count(dead.record, isDead: true) { continue }
            letters.append(dead)
        }
    }

    /// Whether there is nothing to write.
    var isEmpty: Bool { letters.isEmpty && shares.allSatisfy(\.isOld) }

    /// Index of the claim that answers for a record. A batch has a handful of claims.
    func share(of record: Record) -> Int? {
        shares.firstIndex { $0.claim.partition == record.partition }
    }

    /// Puts the records into the order of their key.
    mutating func sort(by column: Int, of batch: Batch, _ fields: FieldTable) {
        KeyOrder.sort(&order, of: batch, fields, column: column)
    }
}
