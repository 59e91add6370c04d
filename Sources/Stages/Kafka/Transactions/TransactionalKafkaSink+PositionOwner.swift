public import Pipeline

// What a source asks and tells that is a member of no group. A member's positions are its group's.
extension TransactionalKafkaSink {
    /// The stream whose progress is stored. Fences nobody where there is one: a source that cannot go on with it leaves a
    /// producer that runs alone.
    public func storedStream() async throws -> StreamIdentity? {
        await turns.take()
        defer { turns.end() }
        // Not to the last record: a killed predecessor's transaction, which only the takeover ends, would be waited for.
        if progress == nil, let stream = try read(to: .stable)?.stream { return stream }
        try takeOver()
        return progress?.stream
    }

    /// The committed positions. From here on this producer has the transactional.id.
    public func storedPositions() async throws -> [Int32: Int64] {
        await turns.take()
        defer { turns.end() }
        try takeOver()
        return progress?.next ?? [:]
    }

    /// Stores the stream and where its new partitions begin, and commits what is open.
    public func begin(_ stream: StreamIdentity, at positions: [Int32: Int64]) async throws {
        await turns.take()
        defer { turns.end() }
        try takeOver()
        try await commit()
        let isNew = staged.stream == nil
        try staged.take(stream)
        staged.next.merge(positions) { stored, _ in stored }
        if progress != staged { try store() }
        tellOfTheBeginning(isNew: isNew, stream)
    }

    private func tellOfTheBeginning(isNew: Bool, _ stream: StreamIdentity) {
        guard let log = context?.stage.log, let topic else { return }
        let details = [
            Log.Detail("transactional_id", topic.id), Log.Detail("progress_topic", topic.connection.topic),
            Log.Detail("stream", stream.topic),
        ]
        if isNew {
            log.info("no progress is stored: this is a new stream", details[0], details[1], details[2])
        } else {
            let next = staged.next.sorted { $0.key < $1.key }.map { "\($0.key)@\($0.value)" }.joined(separator: ",")
            log.info("goes on with a stream", details[0], details[1], details[2], Log.Detail("next", next))
        }
    }
}
