internal import Pipeline

/// Proves that archives hold exactly the records of parts of a generator's stream: each is made again from its id, and
/// every field of its row compared.
///
/// Kafka's partitions shuffle the records, so nothing goes by their order: an id says which record a row should be, and a
/// set of the records met says at the end which are missing or there twice.
struct StreamProof {
    private struct Part {
        let expectation: StreamExpectation
        let stream: TransactionStream
        var met: PositionSet
    }

    private var parts: [Part]
    private var findings = Findings()
    private var archives: [String] = []
    private var rows = 0
    private var foreign = 0
    private var differing = 0
    private var unknownColumns: Set<String> = []
    private var absentFields: Set<String> = []

    /// - Parameters:
    ///   - expectations: the parts that the archives hold together.
    ///   - rowsOfArchives: how many rows they have, which bounds the memory.
    /// - Throws: ``PipelineError`` (`usage`) for parts that overlap, or that a stream cannot have.
    init(_ expectations: [StreamExpectation], rowsOfArchives: Int) throws(PipelineError) {
        parts = expectations.map { expectation in
            Part(
                expectation: expectation, stream: TransactionStream(expectation.settings),
                met: PositionSet(expectation.indices, expected: rowsOfArchives))
        }
        for (index, part) in parts.enumerated() {
            if part.expectation.indices.upperBound > part.stream.capacity {
                throw PipelineError(
                    .usage, "cannot make the stream again",
                    reason: "it can have \(part.stream.capacity.grouped) records, fewer than were asked for")
            }
            let overlaps = parts[..<index].contains {
                $0.stream.streamID == part.stream.streamID
                    && $0.expectation.indices.overlaps(part.expectation.indices)
            }
            guard overlaps else { continue }
            throw PipelineError(
                .usage, "cannot make the stream again", reason: "two of its parts have records in common",
                remedy: "Name each part of a stream once")
        }
    }

    /// Compares the rows of one archive. Linear.
    /// - Parameters:
    ///   - archive: what its tables say.
    ///   - connection: reads it.
    ///   - progress: hears of every few thousand rows.
    mutating func read(
        _ archive: StoredArchive, _ connection: SQLiteConnection, progress: ProofProgress
    ) throws {
        archives.append(archive.path)
        let comparison = TransactionComparison(archive.columns)
        guard let identifier = comparison.column(of: .transactionID) else {
            throw PipelineError(
                .usage, "cannot compare \(archive.path) with a generator's stream",
                reason: "it has no column transaction_id, by which a record is made again",
                remedy: "Leave --stream and --from-report away")
        }
        unknownColumns.formUnion(comparison.unknown)
        let compared = Set(comparison.fields.map(\.field))
        absentFields.formUnion(TransactionField.allCases.filter { !compared.contains($0) }.map(\.name))
        let timestamp = comparison.column(of: .timestamp)
        let names = archive.columns.map { "\"\($0.name)\"" } + ArchiveColumn.position.map(\.name)
        let statement = try connection.prepare(
            "SELECT \(names.joined(separator: ", ")) FROM \(archive.quotedStorage)")
        defer { connection.discard(statement) }
        // A generator that was archived without a Kafka between has the record's number for its offset.
        let isDirect = archive.stream?.cluster == "generator"
        let partition = Int32(archive.columns.count)
        var reader = TimestampReader()
        var read = 0
        while try statement.step() {
            let time = timestamp.map { reader.read(statement.bytes($0)) }
            check(statement, identifier, time, comparison, partition, isDirect)
            read += 1
            if read & 0xFFF == 0 { try progress(read) }
        }
        rows += read
        try progress(read)
    }

    /// - Parameter time: what the timestamp says; nil in it for a text that is none, nil for no such column.
    private mutating func check(
        _ row: SQLiteStatement, _ identifierColumn: Int32, _ time: Timestamp??, _ comparison: TransactionComparison,
        _ partition: Int32, _ isDirect: Bool
    ) {
        func place() -> String {
            "\(TerminalText.string(String(row.text(identifierColumn).prefix(60)))) at partition "
                + "\(row.integer(partition)) offset \(row.integer(partition + 1))"
        }
        guard let identifier = TransactionIdentifier(canonical: row.bytes(identifierColumn)),
            let index = parts.firstIndex(where: {
                $0.stream.streamID == identifier.streamID && $0.expectation.indices.contains(identifier.index)
            })
        else {
            foreign += 1
            findings.add(place(), "is no record of the stream that was asked for")
            return
        }
        parts[index].met.insert(identifier.index)
        let part = parts[index]
        let expected: Timestamp
        var problems: [String] = []
        switch part.expectation.clock {
        case .schedule:
            expected = part.stream.scheduledTime(of: identifier.index)
            if let time, time != expected { problems.append("timestamp is not \(expected.rfc3339)") }
        case .wall:
            expected = (time ?? nil) ?? Timestamp(milliseconds: identifier.milliseconds)
            if let time, time == nil { problems.append("timestamp is no time as the generator writes it") }
        }
        if identifier.milliseconds != expected.milliseconds {
            problems.append("the time in the id is not the record's")
        }
        if isDirect,
            row.integer(partition) != Int64(part.stream.settings.shard)
                || row.integer(partition + 1) != identifier.index
        {
            problems.append("it stands at another position than its own")
        }
        let transaction = part.stream.transaction(at: identifier.index, time: expected)
        if !comparison.isSame(row, transaction) { problems += comparison.differences(row, transaction) }
        guard !problems.isEmpty else { return }
        differing += 1
        findings.add(place(), problems.joined(separator: "; "))
    }

    /// Ends the proof: what was not met is missing.
    mutating func report() -> ProofReport {
        var missing = 0
        var doubled = 0
        var expected = 0
        var ofRecords = Findings()
        for index in parts.indices {
            parts[index].met.finish()
            let met = parts[index].met
            doubled += met.repetitions.count
            for record in met.repetitions { ofRecords.add("record \(record)", "is in more than one row") }
            let absent = parts[index].expectation.indices.count - met.count
            let first = met.missing(atMost: min(absent, Findings.shown))
            for record in first { ofRecords.add("record \(record)", "is missing") }
            if absent > first.count {
                ofRecords.add("further records", "are missing", times: absent - first.count)
            }
            missing += absent
            expected += parts[index].expectation.indices.count
        }
        findings.append(ofRecords)
        var notes: [String] = []
        if parts.contains(where: { $0.expectation.clock == .wall }) {
            notes.append(
                "under the wall clock a record's time is known from its row alone: that of the id is the timestamp's")
        }
        if !unknownColumns.isEmpty {
            notes.append("not compared: \(unknownColumns.sorted().map(TerminalText.string).joined(separator: ", "))")
        }
        if !absentFields.isEmpty { notes.append("not stored: \(absentFields.sorted().joined(separator: ", "))") }
        let figures = [
            ("records", expected), ("rows", rows), ("missing", missing), ("doubled", doubled), ("foreign", foreign),
            ("differing", differing),
        ]
        return ProofReport(
            .stream, archives: archives,
            summary: "\(expected.counted("record")) made again, \(rows.counted("row")): \(missing.grouped) missing, "
                + "\(doubled.grouped) doubled, \(foreign.grouped) foreign, \(differing.grouped) differing",
            facts: figures.map { Measurement($0.0, .integer(Int64($0.1))) }, notes: notes, findings: findings)
    }
}
