internal import Pipeline

/// A producer's hold on its transactional.id: how it is taken, and what to say when it is lost.
struct ProducerTenure: Sendable {
    /// How long one call of librdkafka may take before a cancellation is looked for.
    static let slice = Duration.milliseconds(500)

    let id: String
    let topic: String
    let timeout: Duration
    let context: StageContext

    /// Takes the transactional.id over: whoever had it is fenced, what it left open is aborted, and what it was about to
    /// commit is waited for. An outage is waited out.
    /// - Throws: ``PipelineError``, `CancellationError`.
    func take(with client: KafkaClient) throws {
        let warningTime = context.clock.now + .seconds(5)
        var isWarned = false
        while true {
            try Task.checkCancellation()
            do {
                return try client.initTransactions(timeout: Self.slice)
            } catch let failure where failure.consequence == .callAgain {
                guard !isWarned, context.clock.now >= warningTime else { continue }
                isWarned = true
                context.log.warning(
                    "cannot take over the transactional.id yet", Log.Detail("id", id),
                    Log.Detail("reason", failure.reason))
            } catch {
                throw self.error(error)
            }
        }
    }

    /// What ends the producer or its transaction, as the runtime understands it.
    func error(_ failure: TransactionFailure) -> PipelineError {
        if failure.isFence { return fence(failure.reason) }
        if failure.error.forbidsTransactions { return refusal(failure) }
        let remedy = "What was not committed is written again by a new producer"
        return PipelineError(
            .unavailable, "cannot write to the topic \(topic) in a transaction", reason: failure.reason,
            remedy: failure.error.forbidsTopic
                ? "Check the client's rights to write to it and to the progress topic. \(remedy)" : remedy,
            isRetriable: true)
    }

    /// The end of the hold. Never taken again by the same run: if another producer has it, the two would take it from each
    /// other for ever.
    func fence(_ reason: String) -> PipelineError {
        let seconds = (timeout / .seconds(1)).rounded()
        return PipelineError(
            .fenced, "cannot write to the topic \(topic) as the producer \(id) any more",
            reason: "another producer has taken its transactional.id over, or a transaction of its own was open for "
                + "longer than transaction_timeout, \(Int(seconds)) s (\(reason)); nothing of what it had not committed "
                + "is seen by a reader of committed records",
            remedy:
                "If another one runs, all is well; if none does, start this one again: it goes on with the next record")
    }

    private func refusal(_ failure: TransactionFailure) -> PipelineError {
        PipelineError(
            .configuration, "cannot write in transactions as the producer \(id)", reason: failure.reason,
            remedy: "Check the client's rights to the transactional.id and to the cluster, and transaction_timeout "
                + "against the broker's transaction.max.timeout.ms")
    }
}
