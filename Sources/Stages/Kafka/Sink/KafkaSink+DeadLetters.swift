internal import Pipeline

extension KafkaSink {
    /// Refuses to be a place for dead letters that nobody sends there: a topic that stays empty looks like a pipeline
    /// without a fault.
    static func checkPlace(_ settings: KafkaSinkSettings, _ context: SinkContext) throws(PipelineError) {
        guard settings.content == .deadLetters, !context.takesDeadLetters else { return }
        throw PipelineError(
            .configuration, "cannot write dead letters to the topic \(settings.connection.topic)",
            reason: "none come here", remedy: "Name this sink in the pipeline's \"dead_letters\"")
    }

    /// Writes a batch's dead letters and acknowledges it when the cluster has them all. A letter that the topic refuses has
    /// no other place to go, so the run ends with it.
    /// - Parameters:
    ///   - batch: the batch; its living records are none of this sink's.
    ///   - receipt: the batch's.
    ///   - session: the producer.
    ///   - context: hears of a refused letter.
    static func writeLetters(
        of batch: Batch, _ receipt: Receipt, _ session: ProducerSession, _ context: SinkContext, topic: String
    ) async throws {
        if batch.dead.isEmpty {
            receipt.acknowledge()
            return
        }
        let letters = batch.letters
        let source = batch.stream.topic
        let places = letters.records.map { "\(source)-\($0.partition)-\($0.offset)" }
        try await session.write(
            letters,
            Receipt { rejections in
                guard let first = rejections.first else { return receipt.acknowledge() }
                context.fail(
                    PipelineError(
                        .badData, "cannot keep the dead letter of \(places[first.index])", place: nil,
                        reason: "the topic \(topic) refuses it: \(first.reason)",
                        remedy: "Give the topic a larger max.message.bytes than the source's, or name another place"))
            })
    }
}
