internal import Pipeline

extension TransactionalKafkaSink {
    /// Passes the commit barrier. A transaction that would run out of time there, which would end the producer, is aborted
    /// and written again when the other sinks have come so far.
    func waitForOthers(
        _ claims: [Claim], _ context: SinkContext, _ session: TransactionalSession
    ) async throws {
        let clock = context.stage.clock
        let waiting = Task { try await context.waitForOthers(claims) }
        let patience = clock.schedule(at: clock.now + transactions.timeout / 4) { waiting.cancel() }
        defer { patience.cancel() }
        do {
            try await withTaskCancellationHandler {
                try await waiting.value
            } onCancel: {
                waiting.cancel()
            }
        } catch is CancellationError {
            try Task.checkCancellation()
            try session.abort()
            context.stage.log.info("aborts its transaction until the other sinks have come so far")
            try await context.waitForOthers(claims)
            try session.writeAgain()
        }
    }
}
