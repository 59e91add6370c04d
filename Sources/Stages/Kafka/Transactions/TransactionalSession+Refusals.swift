internal import CRDKafka
internal import Pipeline

extension TransactionalSession {
    /// How often a wait for reports has librdkafka send again what waits for company, and looks for a cancellation.
    private static let look = Duration.milliseconds(20)

    /// Waits for the reports of everything in flight, or for the first refused record: librdkafka sends nothing more in a
    /// transaction that can only be aborted.
    /// - Returns: whether everything was delivered.
    /// - Throws: ``PipelineError`` for an error that is about no record, `CancellationError`.
    func settle() throws -> Bool {
        while true {
            try Task.checkCancellation()
            // Has librdkafka send at once what waits for company. Not a wait for the reports: as long as a flush lasts,
            // librdkafka's thread spins, which took a fifth of the producer's processor time.
            rd_kafka_flush(client.handle, 1)
            let end = Duration.monotonic + Self.look
            let findings = state.wait { state -> Monitor<State>.Verdict<(failure: KafkaError?, hasSuspects: Bool)?> in
                let transaction = state.transaction
                if transaction.inFlight == 0 || transaction.hasFailed {
                    return .ready((transaction.failure, !transaction.suspects.isEmpty))
                }
                return Duration.monotonic < end ? .wait(until: end) : .ready(nil)
            }
            guard let findings else { continue }
            if findings.hasSuspects { return false }
            // Of a producer that is at its end a record says only that it is; whether it was fenced, the producer.
            if let failure = findings.failure {
                throw tenure.error(client.fatalError ?? TransactionFailure(.abort, failure))
            }
            return true
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
