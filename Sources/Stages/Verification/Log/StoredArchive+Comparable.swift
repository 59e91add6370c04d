internal import Pipeline

/// What of an archive can be compared with its topic's log.
extension StoredArchive {
    /// The topic it was filled from.
    /// - Throws: ``PipelineError`` (`usage`) for an archive that was filled from none, or from several generations of one.
    func comparableTopic() throws(PipelineError) -> String {
        guard let stream, !["generator", "file"].contains(stream.cluster) else {
            throw PipelineError(
                .usage, "cannot compare \(path) with the log", reason: "it was not filled from a Kafka topic",
                remedy: "Leave --kafka away")
        }
        let partitions = Dictionary(grouping: ledgers, by: \.partition)
        if let partition = partitions.filter({ $0.value.count > 1 }).keys.min() {
            throw PipelineError(
                .usage, "cannot compare \(path) with the log",
                reason:
                    "its topic was made anew: rows of partition \(partition) do not say of which generation they are",
                remedy: "Leave --kafka away")
        }
        return stream.topic
    }

    /// The columns whose name is a field's. A column may have another name than its field, which the archive does not
    /// tell; every archived record has all the fields, so one of them shows which columns those are.
    /// - Parameters:
    ///   - connection: reads the archive.
    ///   - log: reads the topic.
    func comparableColumns(_ connection: SQLiteConnection, _ log: LogReader) throws -> [Column] {
        let parser = FieldParser(stage: "verify", names: columns.map(\.name))
        for ledger in ledgers where ledger.rows > 0 {
            let newest = try connection.integer(
                "SELECT max(kafka_offset) FROM \(quotedStorage) WHERE kafka_partition = \(ledger.partition)")
            guard let newest, let partition = Int32(exactly: ledger.partition),
                let bounds = try log.bounds(of: partition), newest >= bounds.low, newest < bounds.high
            else { continue }
            var found: [Column]?
            try log.read(partition, newest..<newest + 1) { batch in
                var batch = batch
                parser.parse(&batch)
                guard let record = batch.records.first, let fields = batch.fields else { return true }
                found = columns.indices.filter { fields.value(row: record.row, column: $0) != .missing }
                    .map { columns[$0] }
                return false
            }
            if let found { return found }
        }
        return columns
    }
}
