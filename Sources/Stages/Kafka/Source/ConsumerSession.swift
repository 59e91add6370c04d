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
    let stream: StreamIdentity
    let context: SourceContext

    /// Makes a client; connects, fetches and joins nothing yet.
    /// - Parameters:
    ///   - settings: the source's settings.
    ///   - findings: what the cluster is.
    ///   - context: the source's surroundings.
    /// - Throws: ``PipelineError``; nothing is left behind then.
    init(
        _ settings: KafkaSourceSettings, _ findings: ClusterProbe.Findings, _ context: SourceContext
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
        group =
            settings.group == nil
            ? nil
            : GroupMembership(
                client: client, topic: name, reset: settings.reset, knownPartitions: findings.partitions, pipe: pipe,
                context: context.stage)
        attendant = ConsumerAttendant(client: client, topic: name, group: group, pipe: pipe, context: context.stage)
        stream = StreamIdentity(cluster: findings.clusterID, topic: name)
        self.context = context
    }

    private static func failure(_ error: KafkaError) -> PipelineError {
        PipelineError(.internalFault, "cannot read from Kafka", reason: error.reason)
    }

    /// Asks for the bounds of partitions; an outage is waited out.
    func bounds(of partitions: [Int32]) async throws -> [Int32: StartPositions.Bounds] {
        var bounds: [Int32: StartPositions.Bounds] = [:]
        for partition in partitions {
            while bounds[partition] == nil {
                try Task.checkCancellation()
                do throws(KafkaError) {
                    let marks = try client.watermarks(stream.topic, partition, timeout: .seconds(1))
                    bounds[partition] = .init(low: marks.low, high: marks.high)
                } catch {
                    client.log.write(
                        .init(
                            severity: 4, facility: "OFFSETS",
                            text: "cannot learn the ends of \(stream.topic)-\(partition) yet: \(error.reason)"))
                    pipe.wait(.milliseconds(100))
                }
            }
        }
        return bounds
    }

    /// Decides where partitions begin and tells the owners, before the first fetch.
    /// - Parameters:
    ///   - partitions: new ones.
    ///   - reset: where those begin that no owner has a position for.
    /// - Returns: the beginnings by partition.
    /// - Throws: ``PipelineError`` if an owner belongs to another stream, or stands where the log does not reach.
    func begin(
        _ partitions: [Int32], reset: StartPositions.Reset
    ) async throws -> [Int32: StartPositions.Start] {
        let owners = context.owners
        if partitions.isEmpty, owners.isEmpty { return [:] }
        let bounds = try await bounds(of: partitions)
        var stores: [[Int32: Int64]] = []
        for owner in owners {
            // An owner of another stream refuses in `begin`, with words of its own; its positions mean nothing here.
            let stored = try await owner.storedStream()
            stores.append(stored == nil || stored == stream ? try await owner.storedPositions() : [:])
        }
        let begin = StartPositions(bounds: bounds, stores: stores, reset: reset, forgives: false)
        if let (partition, position) = begin.beyond.min(by: { $0.key < $1.key }) {
            throw PipelineError(
                .inputOutput, "cannot go on where the archive ends", place: "\(stream.topic)-\(partition)-\(position)",
                reason:
                    "the partition ends at \(bounds[partition]?.high ?? 0): the topic was made anew or has lost records",
                remedy: "Begin another archive for it")
        }
        for owner in owners {
            let known = try await owner.storedPositions()
            try await owner.begin(stream, at: begin.fresh.filter { known[$0.key] == nil })
        }
        for (partition, count) in begin.gone.sorted(by: { $0.key < $1.key }) {
            context.stage.log.warning(
                "records were deleted by retention before they were read", Log.Detail("partition", "\(partition)"),
                Log.Detail("records", "\(count)"))
        }
        return begin.starts
    }

    /// Ends the attendant, which commits and leaves a group, and then the client. Every partition's queue must be
    /// destroyed between the two.
    /// - Parameter destroyQueues: destroys them.
    func close(_ destroyQueues: () -> Void) async {
        await attendant.stop()
        destroyQueues()
        topic.destroy()
        client.destroy()
        pipe.close()
    }
}
