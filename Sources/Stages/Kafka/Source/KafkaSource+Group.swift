internal import CRDKafka
internal import Pipeline

extension KafkaSource {
    /// Whoever ends again within this after joining anew has a rival.
    private static let rejoinInterval = Duration.seconds(60)

    /// Becomes a member.
    func join(by session: ConsumerSession) throws(PipelineError) {
        do {
            try session.client.subscribe(topicName)
        } catch {
            throw PipelineError(.internalFault, "cannot join the group", reason: error.reason)
        }
    }

    /// Joins the group anew, by a new client, in place of a member that has ended for good; an outage is waited out.
    ///
    /// That happens to one with a `group.instance.id`: when its session runs out, as while its coordinator is away, librdkafka
    /// joins again, and takes what the broker says of the member before for the word that there is another
    /// (https://github.com/confluentinc/librdkafka/issues/3437). Or there is another: the two would end each other for ever.
    /// - Parameters:
    ///   - former: the member that has ended.
    ///   - words: why, in librdkafka's words.
    /// - Throws: ``PipelineError`` (`fenced`) if it was joined anew a moment ago.
    func rejoin(after former: GroupMembership, _ words: String) async throws {
        guard let context = session?.context else { return }
        let now = context.stage.clock.now
        if let rejoinedAt, now - rejoinedAt < Self.rejoinInterval {
            throw PipelineError(
                .fenced, "cannot read for the group \(settings.group ?? "")", reason: words,
                remedy: "Give each member a \"group.instance.id\" of its own, or none")
        }
        rejoinedAt = now
        context.stage.log.warning("the group's member has ended; joining anew", Log.Detail("reason", words))
        endSession()
        let findings = try await ClusterProbe.find(
            settings.connection, context.stage, kind: RD_KAFKA_CONSUMER, isFirst: false, missing: .accept)
        let session = try ConsumerSession(settings, findings, shared, after: former, context)
        take(session)
        session.attendant.start(partitions: findings.partitions, discovers: false)
        try join(by: session)
    }
}
