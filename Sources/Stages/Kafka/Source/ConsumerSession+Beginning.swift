internal import Pipeline

extension ConsumerSession {
    /// Decides where partitions begin and tells the owners, before the first fetch. A topic that is another one than an
    /// owner has stored is noticed here.
    /// - Parameters:
    ///   - partitions: new ones.
    ///   - reset: where those begin that no owner has a position for.
    /// - Returns: the beginnings by partition.
    /// - Throws: ``PipelineError`` if an owner belongs to another stream, or has stored what the topic no longer is and the
    ///   file does not say to begin anew; `CancellationError`.
    func begin(
        _ partitions: [Int32], reset: StartPositions.Reset
    ) async throws -> [Int32: StartPositions.Start] {
        let owners = context.owners
        if partitions.isEmpty, owners.isEmpty { return [:] }
        let bounds = try await bounds(of: partitions)
        try await beginAnew(bounds)
        var stores: [[Int32: Int64]] = []
        for owner in owners {
            // An owner of another stream refuses in `begin`, with words of its own; its positions mean nothing here.
            let stored = try await owner.storedStream()
            stores.append(stored == nil || stored == stream ? try await owner.storedPositions() : [:])
        }
        let begin = StartPositions(bounds: bounds, stores: stores, reset: reset, forgives: false)
        if let (partition, position) = begin.beyond.min(by: { $0.key < $1.key }) {
            let reason = "the partition ends at \(bounds[partition]?.high ?? 0), before what is stored of it"
            throw isAnother([.init(place: "\(stream.topic)-\(partition)-\(position)", reason: reason)])
        }
        for owner in owners {
            let known = try await owner.storedPositions()
            try await owner.begin(stream, at: begin.fresh.filter { known[$0.key] == nil })
        }
        for (partition, count) in begin.gone.sorted(by: { $0.key < $1.key }) {
            context.stage.warnOfLoss(count, of: partition)
        }
        return begin.starts
    }

    /// Looks whether the topic is still what the owners have stored; if not, they begin anew or the run ends.
    private func beginAnew(_ bounds: [Int32: StartPositions.Bounds]) async throws {
        var checks: [(owner: any PositionOwner, check: ResetCheck)] = []
        for owner in context.owners {
            guard let known = try await owner.storedStream(), known.topic == stream.topic else { continue }
            let stored = ResetCheck.Stored(
                stream: known, positions: try await owner.storedPositions(), marks: try await owner.storedMarks())
            let check = try await check(stored, bounds)
            if !check.differences.isEmpty { checks.append((owner, check)) }
        }
        // Before the first owner is changed.
        if onReset == .fail, let first = checks.first { throw isAnother(first.check.differences) }
        for (owner, check) in checks {
            let first = check.differences.first
            context.stage.log.warning(
                "the topic is not the one that is stored; beginning anew with it",
                Log.Detail("place", first?.place ?? stream.topic), Log.Detail("reason", first?.reason ?? ""),
                Log.Detail("partitions", check.restarts.map { "\($0)" }.joined(separator: ",")))
            let beginnings = check.restarts.map { ($0, bounds[$0]?.low ?? 0) }
            try await owner.beginAnew(stream, at: Dictionary(uniqueKeysWithValues: beginnings))
        }
    }

    private func check(
        _ stored: ResetCheck.Stored, _ bounds: [Int32: StartPositions.Bounds]
    ) async throws -> ResetCheck {
        // Another cluster's records are another cluster's, whatever they look like.
        let offsets = stored.stream == stream ? ResetCheck.offsets(stored, bounds) : [:]
        var found: [Int32: RecordMark?]
        do {
            found = try MarkReader(client: client, topic: topic, name: stream.topic).marks(at: offsets)
        } catch let error as KafkaError {
            throw PipelineError(
                .internalFault, "cannot look for the last stored record", place: stream.topic, reason: error.reason)
        }
        // Retention may have come between the two questions.
        for (partition, log) in try await self.bounds(of: found.filter { $0.value == nil }.map(\.key))
        where log.low > offsets[partition] ?? 0 {
            found[partition] = nil
        }
        let isMissing = found.values.contains { $0 == nil }
        let policy = isMissing ? try? client.topicSetting("cleanup.policy", of: stream.topic) : nil
        let check = ResetCheck(stored, stream, bounds, found: found, isCompacted: policy?.contains("compact"))
        for partition in check.unexplained {
            context.stage.log.warning(
                "the last stored record is not in the topic any more, and the broker does not say whether it is "
                    + "compacted; going on", Log.Detail("partition", "\(partition)"))
        }
        return check
    }

    private func isAnother(_ differences: [ResetCheck.Difference]) -> PipelineError {
        let more = differences.count > 1 ? " (and \(differences.count - 1) more)" : ""
        return PipelineError(
            .inputOutput, "cannot go on where the archive ends", place: differences.first?.place ?? stream.topic,
            reason:
                "\(differences.first?.reason ?? "")\(more): the topic was made anew, has lost records, or is another "
                + "cluster's",
            remedy:
                "Set \"on_reset\": \"restart\" to archive the topic as it is now, from its beginning and beside what "
                + "is there, or begin another archive; nothing was changed")
    }
}
