/// What became of a batch that was handed over.
enum SendOutcome: Sendable {
    /// It goes on.
    case sent
    /// The receiver is gone; the batch was not taken.
    case closed
    /// The batch may not go on, and the run ends with this error; the batch was not taken.
    case refused(PipelineError)
}

/// Where a stage's batches go: the channel to the next stage, or all sinks.
protocol BatchOutput: Sendable {
    /// Suspends until records are wanted, somebody pokes, or the sending has to end.
    func waitForRoom() async throws -> ChannelRoom
    /// Hands a batch over without waiting.
    func send(_ batch: Batch) -> SendOutcome
    /// Says that nothing more will be sent.
    func finish()
    /// Wakes the sender.
    func poke()
    /// Tells the sender to stop.
    func stopSender()
}

extension Batch {
    /// What the batch costs of a channel's bounds.
    var weight: ChannelWeight {
        ChannelWeight(records: max(1, records.count), bytes: footprint)
    }
}

extension Channel<Batch>: BatchOutput {
    func send(_ batch: Batch) -> SendOutcome {
        send(batch, weight: batch.weight) ? .sent : .closed
    }
}
