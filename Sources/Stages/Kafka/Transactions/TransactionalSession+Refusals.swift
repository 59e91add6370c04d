internal import CRDKafka
internal import Pipeline

extension TransactionalSession {
    /// How often a wait for reports looks whether some are about refused records, behind which the others never come.
    private static let look = Duration.milliseconds(20)

    /// Waits for the reports of everything in flight, or for the first refused record: librdkafka sends nothing more in a
    /// transaction that can only be aborted.
    /// - Returns: whether everything was delivered.
    /// - Throws: ``PipelineError`` for an error that is about no record, `CancellationError`.
    func settle() throws -> Bool {
        while true {
            try Task.checkCancellation()
            // Flushing also has librdkafka send at once what waits for company.
            rd_kafka_flush(client.handle, Self.look.kafkaMilliseconds)
            let (failure, hasSuspects, inFlight) = state.withLock { state in
                (state.transaction.failure, !state.transaction.suspects.isEmpty, state.transaction.inFlight)
            }
            if hasSuspects { return false }
            if let failure { throw tenure.error(TransactionFailure(.abort, failure)) }
            if inFlight == 0 { return true }
        }
    }

    /// Finds which of the records that came back are to blame, by trying them in transactions of their own, none of which
    /// is committed, and takes them out of their batches.
    func findRefused() throws {
        try abort()
        var search = RefusalSearch(state.withLock { $0.transaction.takeFindings().suspects })
        while let group = search.next() {
            let batches = state.withLock { state in group.map { ($0, state.transaction.writings[$0.slot].batch) } }
            try begin()
            for (ticket, batch) in batches {
                try waitForRoom(1)
                refuse(writer.produce(batch, alone: ticket, partitions: partitions.withLock { $0 }))
            }
            _ = try settle()
            try abort()
            let findings = state.withLock { $0.transaction.takeFindings() }
            search.report(findings.suspects, unsent: findings.unsent)
        }
        let found = search.found
        state.withLock { state in
            state.transaction.blame(found)
            state.transaction.removeRefused()
        }
    }

    /// Writes the batches of an aborted transaction into a new one.
    func writeAgain() throws {
        let batches = state.withLock { $0.transaction.writings.map(\.batch) }
        for (slot, batch) in batches.enumerated() { try write(batch, slot: slot) }
    }
}
