internal import Pipeline

/// Proves that an archive holds what Kafka's log holds: the log is read once more from each partition's first claimed
/// position to the next, and every record compared with the row or dead letter at its position.
///
/// What the log no longer has cannot be compared, and is said.
struct LogProof {
    private let archive: StoredArchive
    private let connection: SQLiteConnection
    private let log: LogReader
    private let digest: ColumnDigest
    private let parser: FieldParser
    private var findings = Findings()
    private var notes: [String] = []
    private var records = 0
    private var matches = 0
    private var notStored = 0
    private var gone = 0
    private var differing = 0

    /// Compares an archive with its topic's log. Linear in both; 16 bytes a row are kept.
    /// - Parameters:
    ///   - archive: what its tables say.
    ///   - connection: reads it.
    ///   - access: the brokers.
    ///   - progress: hears of every few thousand records.
    /// - Throws: ``PipelineError``: `usage` for an archive of another cluster or of none, `unavailable` for brokers that do
    ///   not answer; and what reading the file throws.
    static func report(
        on archive: StoredArchive, _ connection: SQLiteConnection, _ access: LogAccess, progress: ProofProgress
    ) throws -> ProofReport {
        let log = try LogReader(access, topic: archive.comparableTopic())
        defer { log.close() }
        guard log.clusterID == archive.stream?.cluster else {
            throw PipelineError(
                .usage, "cannot compare \(archive.path) with the log",
                reason: "the brokers are those of another cluster than the archive's",
                remedy: "Name the brokers that the archive's topic came from")
        }
        let columns = try archive.comparableColumns(connection, log)
        var proof = LogProof(archive, connection, log, columns)
        try proof.compare(progress)
        return proof.report
    }

    private init(
        _ archive: StoredArchive, _ connection: SQLiteConnection, _ log: LogReader,
        _ columns: [StoredArchive.Column]
    ) {
        self.archive = archive
        self.connection = connection
        self.log = log
        digest = ColumnDigest(columns: columns)
        parser = FieldParser(stage: "verify", names: columns.map(\.name))
        let others = archive.columns.filter { !columns.contains($0) }.map(\.name)
        if !others.isEmpty {
            notes.append("not compared, since records have no field of that name: \(others.joined(separator: ", "))")
        }
    }

    private mutating func compare(_ progress: ProofProgress) throws {
        let digests = try ArchivedDigests(of: archive, connection, digest)
        for ledger in archive.ledgers { try compare(ledger, digests, progress) }
        try progress(records)
    }

    private mutating func compare(
        _ ledger: StoredArchive.Ledger, _ digests: ArchivedDigests, _ progress: ProofProgress
    ) throws {
        let place = "partition \(ledger.partition)"
        guard let partition = Int32(exactly: ledger.partition), let bounds = try log.bounds(of: partition) else {
            findings.add(place, "the topic has no such partition")
            return
        }
        let claimed = ledger.range
        if bounds.high < claimed.upperBound {
            findings.add(place, "the log ends at offset \(bounds.high), the archive has read to \(claimed.upperBound)")
        }
        let start = min(max(claimed.lowerBound, bounds.low), claimed.upperBound)
        let range = start..<max(start, min(claimed.upperBound, bounds.high))
        var comparison = PartitionComparison(
            rows: digests.rows[ledger.partition] ?? [], letters: digests.letters[ledger.partition] ?? [], range)
        try log.read(partition, range) { batch in
            try compare(batch, ledger, &comparison)
            try progress(records + comparison.records)
            return true
        }
        comparison.finish()
        records += comparison.records
        matches += comparison.matches
        notStored += comparison.notStored
        gone += comparison.gone
        if start > claimed.lowerBound {
            notes.append(
                "\(place): the log begins at offset \(start), so that "
                    + "\(comparison.gone.grouped) rows and dead letters before it cannot be compared")
        }
        conclude(ledger, comparison, isWhole: range == claimed)
    }

    private mutating func compare(
        _ batch: Batch, _ ledger: StoredArchive.Ledger, _ comparison: inout PartitionComparison
    ) throws {
        var batch = batch
        parser.parse(&batch)
        guard let fields = batch.fields else { return }
        // What is no JSON object was put aside by the parser, and has its place between the others.
        var all = batch.records.map { (record: $0, isLiving: true) }
        if !batch.dead.isEmpty {
            all += batch.dead.map { ($0.record, false) }
            all.sort { $0.record.offset < $1.record.offset }
        }
        try batch.withUnsafeBytes { bytes in
            for (record, isLiving) in all {
                let outcome = comparison.take(
                    record.offset, row: isLiving ? digest.digest(record, bytes, fields) : nil,
                    letter: { RecordDigest.digest(record, bytes) })
                let place = "partition \(ledger.partition) offset \(record.offset)"
                switch outcome {
                case .same, .notStored: break
                case .otherLetter:
                    differing += 1
                    findings.add(place, "the dead letter is not the record as it was")
                case .otherRow:
                    differing += 1
                    let names = try isLiving && differing <= Findings.shown ? differences(record, bytes, fields) : []
                    findings.add(
                        place,
                        isLiving
                            ? "not the record's: \(names.joined(separator: ", "))"
                            : "there is a row, and the record is none that can be archived")
                }
                if record.offset == ledger.lastOffset { checkLast(record, bytes, ledger) }
            }
        }
    }

    private mutating func checkLast(_ record: Record, _ bytes: UnsafeRawBufferPointer, _ ledger: StoredArchive.Ledger) {
        let place = "partition \(ledger.partition)"
        let value = UnsafeRawBufferPointer(rebasing: bytes[record.value.offsets])
        if ledger.lastChecksum != Int64(Checksum.crc32(value)) {
            findings.add(place, "last_crc32 of offsets is that of other bytes")
        }
        if ledger.lastTimestamp != record.timestamp.microseconds {
            findings.add(place, "last_timestamp_us of offsets is another one")
        }
    }

    /// Names the columns that differ, by reading the row: it is searched for, which only the first differences are worth.
    private func differences(
        _ record: Record, _ bytes: UnsafeRawBufferPointer, _ fields: FieldTable
    ) throws(SQLiteFailure) -> [String] {
        let names = digest.columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
        let statement = try connection.prepare(
            "SELECT \(names) FROM \(archive.quotedStorage) WHERE kafka_partition = ?1 AND kafka_offset = ?2")
        defer { connection.discard(statement) }
        try statement.bind(Int64(record.partition), at: 1)
        try statement.bind(record.offset, at: 2)
        guard try statement.step() else { return [] }
        return digest.differences(statement, record, bytes, fields)
    }

    private mutating func conclude(
        _ ledger: StoredArchive.Ledger, _ comparison: PartitionComparison, isWhole: Bool
    ) {
        let place = "partition \(ledger.partition)"
        let isCompacted = comparison.absent > 0 && log.isCompacted()
        if isCompacted {
            gone += comparison.absent
            notes.append(
                "\(place): the topic is compacted, and \(comparison.absent.grouped) rows and dead letters have no record any more"
            )
        } else {
            for offset in comparison.firstAbsent {
                findings.add("\(place) offset \(offset)", "the log has no record there")
            }
            let further = comparison.absent - comparison.firstAbsent.count
            if further > 0 { findings.add(place, "further positions have no record in the log", times: further) }
        }
        // What is in the log and not in the archive must be accounted for: dropped, repeated, or dead and not kept here.
        let accounted = ledger.repeated + ledger.dropped + ledger.dead - Int64(comparison.lettersAlone)
        let isExact = isWhole && !isCompacted
        if comparison.notStored > accounted || (isExact && comparison.notStored < accounted) {
            findings.add(
                place,
                "\(comparison.notStored) records of the log are not stored, offsets accounts for \(accounted)")
        }
    }

    private var report: ProofReport {
        let figures = [
            ("records", records), ("same", matches), ("not_stored", notStored), ("differing", differing),
            ("not_compared", gone),
        ]
        return ProofReport(
            .kafka, archives: [archive.path],
            summary: "\(records.counted("record")) of the log read again: \(matches.grouped) stored as they are, "
                + "\(notStored.grouped) left out as offsets says, \(differing.grouped) differing",
            facts: figures.map { Measurement($0.0, .integer(Int64($0.1))) }, notes: notes, findings: findings)
    }
}
