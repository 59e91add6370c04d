internal import Pipeline

/// What an archive's tables say of themselves: read from the file, not from a pipeline, since a proof must not depend on
/// what the file should look like.
struct StoredArchive: Sendable {
    /// A column of the rows' table.
    struct Column: Sendable, Hashable {
        var name: String
        var type: String
        var isKey: Bool
    }

    /// A row of `offsets`.
    struct Ledger: Sendable, Hashable {
        var partition: Int64
        /// Which of the topics of this name that were made one after the other; 0 in archives that knew of none.
        var generation: Int64
        var firstClaimed: Int64
        var next: Int64
        var read: Int64
        var rows: Int64
        var repeated: Int64
        var dropped: Int64
        var dead: Int64
        var holes: Int64
        /// Those of the holes whose records the log had lost.
        var lost: Int64
        var lastOffset: Int64?
        var lastTimestamp: Int64?
        var lastChecksum: Int64?

        /// The positions it answers for; empty where the bounds are none.
        var range: Range<Int64> { firstClaimed >= 0 && firstClaimed <= next ? firstClaimed..<next : 0..<0 }
    }

    private static let required: [(table: String, columns: [String])] = [
        (
            "offsets",
            [
                "partition", "first_claimed", "next", "epoch", "read", "rows", "repeated", "dropped", "dead", "holes",
                "last_offset", "last_timestamp_us", "last_crc32",
            ]
        ),
        (
            "dead_letters",
            ["stage", "reason", "topic", "partition", "offset", "timestamp_us", "key", "value", "headers"]
        ),
        ("meta", ["name", "value"]),
    ]

    /// The archive's absolute path.
    let path: String
    /// The schema's version.
    let version: Int64
    /// The stream that is archived; nil before a pipeline has begun one.
    private(set) var stream: StreamIdentity?
    /// The table that holds the rows; empty where there is none of the right form.
    private(set) var storage = ""
    /// The declared columns, those of the position left out.
    private(set) var columns: [Column] = []
    /// Whether dead letters name their generation; archives of before schema 3 have none.
    private(set) var hasGenerations = false
    /// The partitions' ledgers, by partition and generation.
    private(set) var ledgers: [Ledger] = []
    /// What is missing of the tables, in words. Where anything is, nothing else was read.
    private(set) var problems: [String] = []

    /// Reads what the tables say. Constant in the number of rows.
    init(of connection: SQLiteConnection, path: String) throws(SQLiteFailure) {
        self.path = path
        version = try connection.integer("PRAGMA user_version") ?? 0
        for (table, columns) in Self.required {
            let found = Set(try connection.texts("SELECT name FROM pragma_table_info('\(table)')"))
            let missing = columns.filter { !found.contains($0) }
            if found.isEmpty {
                problems.append("there is no table \(table)")
            } else if !missing.isEmpty {
                problems.append("the table \(table) has no column \(missing.joined(separator: ", "))")
            }
        }
        try findStorage(connection)
        guard problems.isEmpty else { return }
        let meta = try connection.texts("SELECT value FROM meta WHERE name IN ('cluster', 'topic') ORDER BY name")
        if meta.count == 2 { stream = StreamIdentity(cluster: meta[0], topic: meta[1]) }
        try readLedgers(connection)
    }

    /// The number of rows that the ledgers promise: what progress is measured by.
    var promisedRows: Int64 { ledgers.reduce(0) { $0 &+ $1.rows } }

    /// The name of a table in quotes, for SQL.
    var quotedStorage: String { "\"\(storage)\"" }

    private mutating func findStorage(_ connection: SQLiteConnection) throws(SQLiteFailure) {
        let tables = try connection.texts(
            """
            SELECT t.name FROM sqlite_schema AS t WHERE t.type = 'table'
            AND (SELECT count(*) FROM pragma_table_info(t.name) AS c
                 WHERE c.name IN ('kafka_partition', 'kafka_offset')) = 2 ORDER BY t.name
            """)
        // Its name is put into SQL, and the file may come from anywhere.
        let named = tables.filter { SQLiteSettings.identifierProblem($0) == nil }
        guard named.count == 1, let found = named.first else {
            problems.append("\(named.count) tables have rows with a kafka_partition and a kafka_offset, expected one")
            return
        }
        let info = try connection.prepare("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid")
        defer { connection.discard(info) }
        try info.bind(found, at: 1)
        var columns: [Column] = []
        while try info.step() {
            columns.append(Column(name: info.text(0), type: info.text(1), isKey: info.integer(2) > 0))
        }
        let position = Set(ArchiveColumn.position.map(\.name) + [ArchiveColumn.topic])
        columns.removeAll { position.contains($0.name) }
        if let column = columns.first(where: { SQLiteSettings.identifierProblem($0.name) != nil }) {
            problems.append("a column of \(found) has a name no pipeline gives: \(TerminalText.string(column.name))")
            return
        }
        storage = found
        self.columns = columns
    }

    private mutating func readLedgers(_ connection: SQLiteConnection) throws(SQLiteFailure) {
        let known = Set(try connection.texts("SELECT name FROM pragma_table_info('offsets')"))
        hasGenerations = known.contains("generation")
        let statement = try connection.prepare(
            """
            SELECT partition, first_claimed, next, read, rows, repeated, dropped, dead, holes, last_offset,
                last_timestamp_us, last_crc32, \(hasGenerations ? "generation" : "0"), \(known.contains("lost") ? "lost" : "0")
            FROM offsets ORDER BY 1, 13
            """)
        defer { connection.discard(statement) }
        func optional(_ column: Int32) -> Int64? {
            statement.type(column) == .null ? nil : statement.integer(column)
        }
        while try statement.step() {
            ledgers.append(
                Ledger(
                    partition: statement.integer(0), generation: statement.integer(12),
                    firstClaimed: statement.integer(1), next: statement.integer(2), read: statement.integer(3),
                    rows: statement.integer(4), repeated: statement.integer(5), dropped: statement.integer(6),
                    dead: statement.integer(7), holes: statement.integer(8), lost: statement.integer(13),
                    lastOffset: optional(9),
                    lastTimestamp: optional(10), lastChecksum: optional(11)))
        }
    }
}
