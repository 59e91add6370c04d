internal import CSQLite
internal import Pipeline

/// Proves an archive by itself: the file is sound, its sums hold, every row and dead letter lies where its partition was
/// read, none twice.
///
/// With the rows counted, each at a position of its own inside the claimed range, `next - first_claimed = read + holes`
/// and `read = rows + repeated + dropped + dead` leave no position unexplained.
struct InternalProof {
    private let archive: StoredArchive
    private let connection: SQLiteConnection
    private var findings = Findings()
    private var notes: [String] = []
    private var tallies: [Int64: PartitionTally] = [:]
    /// Rows that were read.
    private(set) var rows = 0
    private var letters = 0
    private var archivedToo = 0
    private var ahead = 0
    /// Whether file and tables are sound, so that other proofs can read them.
    private(set) var isReadable = false

    /// Looks at the whole file. Linear in its rows.
    /// - Parameters:
    ///   - archive: what its tables say.
    ///   - connection: reads it, in one consistent view.
    ///   - progress: hears of every few thousand rows.
    /// - Throws: what reading the file, or telling the progress, throws.
    init(_ archive: StoredArchive, _ connection: SQLiteConnection, progress: ProofProgress) throws {
        self.archive = archive
        self.connection = connection
        try checkFile()
        isReadable = findings.count == 0
        // Of a damaged file the rest says nothing, or cannot be read.
        guard isReadable else { return }
        try readRows(progress)
        try readLetters()
        compare()
    }

    // MARK: The file

    private mutating func checkFile() throws(SQLiteFailure) {
        do throws(SQLiteFailure) {
            for line in try connection.texts("PRAGMA integrity_check(20)") where line != "ok" {
                findings.add("file", TerminalText.string(line))
            }
        } catch {
            guard [SQLITE_CORRUPT, SQLITE_NOTADB].contains(error.primaryCode) else { throw error }
            findings.add("file", "it is damaged: \(error.message)")
        }
        for problem in archive.problems { findings.add("schema", problem) }
    }

    // MARK: Reading

    private mutating func readRows(_ progress: ProofProgress) throws {
        let count = Int(try connection.integer("SELECT count(*) FROM \(archive.quotedStorage)") ?? 0)
        for ledgers in Dictionary(grouping: archive.ledgers, by: \.partition).values {
            tallies[ledgers[0].partition] = PartitionTally(ledgers, rowsOfArchive: count)
        }
        let statement = try connection.prepare(
            "SELECT kafka_partition, kafka_offset FROM \(archive.quotedStorage)")
        defer { connection.discard(statement) }
        while try statement.step() {
            let partition = statement.integer(0)
            let offset = statement.integer(1)
            rows += 1
            // In place: a value taken out and put back would be copied.
            if tallies[partition]?.addRow(offset) == nil {
                findings.add(
                    "partition \(partition)", "a row lies at offset \(offset), and offsets has no such partition")
            }
            if rows & 0xFFF == 0 { try progress(rows) }
        }
        for partition in tallies.keys { tallies[partition]?.finishRows() }
        try progress(rows)
    }

    private mutating func readLetters() throws(SQLiteFailure) {
        let statement = try connection.prepare(
            """
            SELECT partition, "offset", topic, timestamp_us, value, \(archive.hasGenerations ? "generation" : "0")
            FROM dead_letters ORDER BY 1, 6, 2
            """)
        defer { connection.discard(statement) }
        while try statement.step() {
            letters += 1
            let partition = statement.integer(0)
            let offset = statement.integer(1)
            let place = "dead letter at partition \(partition) offset \(offset)"
            if let topic = archive.stream?.topic, statement.text(2) != topic {
                findings.add(place, "its topic is not the archive's")
                continue
            }
            let generation = statement.integer(5)
            switch tallies[partition]?.addLetter(offset, generation: generation) {
            case nil:
                findings.add(place, "offsets has no such partition")
                continue
            case .outside:
                findings.add(place, "it lies outside what was claimed")
                continue
            case .ahead: ahead += 1
            case .archivedToo: archivedToo += 1
            case .alone: break
            }
            if let last = tallies[partition]?.ledger(of: generation), last.lastOffset == offset {
                check(last, timestamp: statement.integer(3), value: statement.blob(4), place)
            }
        }
    }

    private mutating func check(_ last: StoredArchive.Ledger, timestamp: Int64, value: [UInt8], _ place: String) {
        let checksum = value.withUnsafeBytes { Int64(Checksum.crc32($0)) }
        if last.lastTimestamp != timestamp { findings.add(place, "last_timestamp_us of offsets is another one") }
        if last.lastChecksum != checksum { findings.add(place, "last_crc32 of offsets is that of other bytes") }
    }

    // MARK: Comparing

    private mutating func compare() {
        for tally in tallies.values.sorted(by: { $0.partition < $1.partition }) {
            tally.compare(&findings)
            if tally.holes > 0 {
                let lost = tally.lost > 0 ? ", \(tally.lost.grouped) of them because the log had lost it" : ""
                notes.append(
                    "partition \(tally.partition) has \(tally.holes.counted("hole")): no record to read was there\(lost)"
                )
            }
            if tally.single == nil {
                notes.append(
                    "partition \(tally.partition) has several generations: the topic was made anew, and a row does not say of "
                        + "which it is")
            }
        }
        if archivedToo > 0 {
            notes.append(
                "\(archivedToo.counted("dead letter")) of records that are archived too: another sink refused them")
        }
        if ahead > 0 {
            notes.append(
                "\(ahead.counted("dead letter")) of another sink, of records that are to come when the pipeline goes on"
            )
        }
        if !archive.columns.contains(where: \.isKey) {
            notes.append("the rows have no key: a record that was sent twice is there twice")
        }
    }

    /// What was found.
    var report: ProofReport {
        let holes = tallies.values.reduce(0) { $0 &+ $1.holes }
        return ProofReport(
            .internal, archives: [archive.path],
            summary: "\(rows.counted("row")), \(letters.counted("dead letter")) and \(holes.counted("hole")) in "
                + tallies.count.counted("partition"),
            facts: [
                Measurement("rows", .integer(Int64(rows))), Measurement("dead_letters", .integer(Int64(letters))),
                Measurement("holes", .integer(holes)), Measurement("partitions", .integer(Int64(tallies.count))),
                Measurement("schema", .integer(archive.version)),
            ],
            notes: notes, findings: findings)
    }
}
