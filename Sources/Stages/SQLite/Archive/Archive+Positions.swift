internal import Pipeline

/// Which stream an archive holds, where its partitions begin, and whose they are: all that is written without a claim.
extension Archive {
    /// Becomes the one whose claims are taken: whoever wrote before is fenced from here on.
    func takeOver() throws(PipelineError) {
        guard !hasTakenOver else { return }
        try transact("cannot take the archive over") { () throws(SQLiteFailure) in
            try makeOurs()
        }
        tookOver()
    }

    /// Stores the stream and where its new partitions begin; see ``PositionOwner/begin(_:at:)``. No transaction may be
    /// open.
    func begin(_ stream: StreamIdentity, at positions: [Int32: Int64]) throws(PipelineError) {
        try checkStream(stream)
        let new = positions.filter { partitions[$0.key] == nil }
        guard !hasTakenOver || self.stream == nil || !new.isEmpty else { return }
        try transact("cannot store where to begin") { () throws(SQLiteFailure) in
            if !hasTakenOver { try makeOurs() }
            try store(stream)
            for (partition, position) in new.sorted(by: { $0.key < $1.key }) {
                try add(partition, at: position)
            }
        }
        tookOver()
    }

    /// Begins the next generation of partitions whose topic was made anew; see ``PositionOwner/beginAnew(_:at:)``. No
    /// transaction may be open.
    func beginAnew(_ stream: StreamIdentity, at positions: [Int32: Int64]) throws(PipelineError) {
        // The name stays: it is what the rows show as their topic.
        try checkStream(StreamIdentity(cluster: self.stream?.cluster ?? stream.cluster, topic: stream.topic))
        try transact("cannot begin anew") { () throws(SQLiteFailure) in
            if !hasTakenOver { try makeOurs() }
            try store(stream)
            if let former = self.stream?.cluster, former != stream.cluster {
                try replaceCluster(former, by: stream.cluster)
            }
            for (partition, position) in positions.sorted(by: { $0.key < $1.key }) {
                guard let ledger = partitions[partition] else {
                    try add(partition, at: position)
                    continue
                }
                try add(
                    PartitionLedger(
                        partition: partition, generation: ledger.generation + 1, firstClaimed: position,
                        next: position, epoch: ledger.epoch, formerEnd: max(ledger.formerEnd, ledger.next)))
            }
        }
        tookOver()
        self.stream = stream
    }

    /// Does something to the positions in a transaction of its own, if they are still what was read of them: the fence of
    /// all that is no claim.
    private func transact(
        _ what: String, _ body: () throws(SQLiteFailure) -> Void
    ) throws(PipelineError) {
        let isOurs = try attempt(what) { () throws(SQLiteFailure) -> Bool in
            try beginTransaction()
            let known = (stream, partitions.mapValues(\.epoch), partitions.mapValues(\.next))
            try load()
            guard known == (stream, partitions.mapValues(\.epoch), partitions.mapValues(\.next)) else { return false }
            try body()
            try connection.execute("COMMIT")
            return true
        }
        if isOurs { return }
        rollBack()
        throw fenced(what)
    }

    /// Stores the stream in a new archive, whose rows show its topic from then on.
    func store(_ stream: StreamIdentity) throws(SQLiteFailure) {
        guard self.stream == nil else { return }
        for (name, value) in [("cluster", stream.cluster), ("topic", stream.topic)] {
            try write("INSERT INTO meta (name, value) VALUES (?1, ?2)", name, value)
        }
        self.stream = stream
    }

    /// What the earlier generations were read from is kept as `former_cluster_1`, and so on.
    private func replaceCluster(_ former: String, by cluster: String) throws(SQLiteFailure) {
        try write(
            """
            INSERT INTO meta (name, value)
            SELECT 'former_cluster_' || (1 + count(*)), ?1 FROM meta WHERE name GLOB 'former_cluster_*'
            """, former)
        try write("UPDATE meta SET value = ?1 WHERE name = 'cluster'", cluster)
    }

    private func write(_ sql: String, _ texts: String...) throws(SQLiteFailure) {
        let statement = try connection.prepare(sql)
        defer { connection.discard(statement) }
        for (index, text) in texts.enumerated() { try statement.bind(text, at: Int32(index + 1)) }
        try statement.run()
    }

    /// Raises the epochs, which fences whoever wrote before, in the same transaction as an upgrade: the statements of an
    /// earlier runner would go on working on the new tables.
    private func makeOurs() throws(SQLiteFailure) {
        if version < ArchiveSchema.version { try connection.execute(ArchiveSchema.upgrade) }
        try connection.execute(ArchiveSchema.raiseEpochs)
        for partition in partitions.keys { partitions[partition]?.epoch += 1 }
    }

    private func tookOver() {
        hasTakenOver = true
        guard version < ArchiveSchema.version else { return }
        version = ArchiveSchema.version
        // An earlier runner tells the version by the file's header. If this fails, the next checkpoint brings it there.
        try? connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    }
}
