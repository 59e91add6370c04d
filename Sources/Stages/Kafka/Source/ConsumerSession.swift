internal import CRDKafka
internal import Pipeline

/// What a source has from `open` to `close`: the client with all that hangs on it, and what it reads.
///
/// Its calls block for up to a second: they run on the thread of the source, which makes them.
struct ConsumerSession {
    let client: KafkaClient
    let topic: TopicHandle
    let pipe: WakePipe
    let attendant: ConsumerAttendant
    let group: GroupMembership?
    /// Where others see how far the owners are.
    let lag: LagGroup?
    let stream: StreamIdentity
    let onReset: KafkaSourceSettings.OnReset
    let context: SourceContext

    /// Makes a client; connects, fetches and joins nothing yet.
    /// - Parameters:
    ///   - settings: the source's settings.
    ///   - findings: what the cluster is.
    ///   - shared: the group for those who commit for it; nil without a group.
    ///   - former: the member that this one comes after, for assignments to be numbered on.
    ///   - context: the source's surroundings.
    /// - Throws: ``PipelineError``; nothing is left behind then.
    init(
        _ settings: KafkaSourceSettings, _ findings: ClusterProbe.Findings, _ shared: KafkaGroup?,
        after former: GroupMembership? = nil, _ context: SourceContext
    ) throws(PipelineError) {
        let name = settings.connection.topic
        let resolved = try settings.connection.resolve()
        client = try KafkaClient(
            RD_KAFKA_CONSUMER,
            properties: [ConsumerProperties.properties(settings, findings), resolved.properties],
            events: RD_KAFKA_EVENT_REBALANCE, log: ClientLog(context.stage, secrets: resolved.secrets),
            isGroupMember: settings.group != nil)
        do throws(KafkaError) {
            topic = try TopicHandle(client, name)
        } catch {
            client.destroy()
            throw Self.failure(error)
        }
        do throws(KafkaError) {
            pipe = try WakePipe()
        } catch {
            topic.destroy()
            client.destroy()
            throw Self.failure(error)
        }
        if let shared {
            group = GroupMembership(
                client: client, topic: name, reset: settings.reset,
                knownPartitions: former?.knownPartitions ?? findings.partitions, pipe: pipe, shared: shared,
                commits: context.owners.isEmpty, generation: former?.generation ?? 0, context: context.stage)
            shared.begin(client, topic: name)
        } else {
            group = nil
        }
        // The embedded broker is a demonstration that nobody watches, and answers no administration.
        lag =
            context.owners.isEmpty || settings.group != nil || findings.isEmbedded
            ? nil
            : LagGroup(
                settings.lagGroup(of: context.stage.pipeline), topic: name,
                properties: [["bootstrap.servers": settings.connection.brokers], resolved.properties],
                log: client.log)
        attendant = ConsumerAttendant(
            client: client, topic: name, group: group, lagGroup: lag, pipe: pipe, context: context.stage)
        stream = StreamIdentity(cluster: findings.clusterID, topic: name)
        onReset = settings.onReset
        self.context = context
    }

    private static func failure(_ error: KafkaError) -> PipelineError {
        PipelineError(.internalFault, "cannot read from Kafka", reason: error.reason)
    }

    /// Refuses to read for a sink that commits for the group what may never have been: uncommitted records, and, which
    /// is why it matters here, positions that a transaction in doubt is about to move.
    func checkIsolation() throws(PipelineError) {
        guard group != nil, !context.owners.isEmpty, client.configured("isolation.level") != "read_committed" else {
            return
        }
        throw PipelineError(
            .configuration, "cannot deliver exactly once", place: "\(context.stage.name).properties",
            reason:
                "with \"isolation.level\": \"read_uncommitted\" the group's positions are read while a transaction is "
                + "still in doubt, and records after them would be delivered twice",
            remedy: "Leave \"isolation.level\" out, or give the sink \"delivery\": \"at-least-once\"")
    }

    /// Asks for the bounds of partitions; an outage is waited out.
    func bounds(of partitions: [Int32]) async throws -> [Int32: StartPositions.Bounds] {
        while true {
            try Task.checkCancellation()
            do throws(KafkaError) {
                return try client.bounds(stream.topic, partitions, timeout: .seconds(1))
            } catch {
                client.log.write(
                    .init(
                        severity: 4, facility: "OFFSETS",
                        text: "cannot learn the ends of \(stream.topic) yet: \(error.reason)"))
                pipe.wait(.milliseconds(100))
            }
        }
    }

    /// Ends the attendant, which commits and leaves a group, and then the client. Every partition's queue must be
    /// destroyed between the two. Where a broker keeps the attendant waiting, client and queues are left behind: the end of a
    /// run does not wait for a broker.
    /// - Parameter destroyQueues: destroys them.
    func close(_ destroyQueues: () -> Void) {
        guard attendant.stop() else {
            context.stage.log.warning("a broker does not answer; its client is left behind")
            return
        }
        destroyQueues()
        topic.destroy()
        client.destroy()
        pipe.close()
    }
}
