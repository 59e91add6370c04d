/// What an archive holds, read in one pass over its rows: SQLite's GROUP BY would sort them all, once for each column.
struct ArchiveSummary {
    /// A column that is counted by value.
    struct Section {
        var title: String
        var counts = ValueCounts()
    }

    /// A row of `offsets`.
    struct Partition {
        var partition: Int64
        /// Above 0 where the topic was made anew.
        var generation: Int64
        /// First claimed, next, then the counts; of a file of an earlier version those that it has not are 0.
        var values: [Int64]
    }

    /// The names of ``Partition/values``.
    static let partitionColumns = [
        "first_claimed", "next", "read", "rows", "repeated", "dropped", "dead", "holes", "lost",
    ]

    private(set) var stream: (cluster: String, topic: String)?
    private(set) var table = ""
    private(set) var rows = 0
    private(set) var firstTime: String?
    private(set) var lastTime: String?
    private(set) var sections: [Section] = []
    private(set) var currencies: ValueCounts?
    private(set) var deadLetters: [(stage: String, reason: String, count: Int64)] = []
    private(set) var partitions: [Partition] = []

    /// Reads an archive. Linear in its rows.
    init(of connection: SQLiteConnection) throws(SQLiteFailure) {
        let meta = try connection.texts("SELECT value FROM meta WHERE name IN ('cluster', 'topic') ORDER BY name")
        if meta.count == 2 { stream = (meta[0], meta[1]) }
        // The name is put into SQL below, and this file may come from anywhere. A view of somebody's own is not looked
        // into: one that SQLite cannot compile would end the statement.
        let tables = try connection.texts(
            """
            SELECT coalesce(v.name, t.name) FROM sqlite_schema AS t
            LEFT JOIN sqlite_schema AS v ON v.type = 'view' AND t.name = v.name || '_rows'
            WHERE t.type = 'table'
            AND EXISTS (SELECT 1 FROM pragma_table_info(t.name) AS c WHERE c.name = 'kafka_offset')
            """)
        table = tables.first { SQLiteSettings.identifierProblem($0) == nil } ?? ""
        if !table.isEmpty { try readRows(connection) }
        let letters = try connection.prepare(
            "SELECT stage, reason, count(*) FROM dead_letters GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2")
        defer { connection.discard(letters) }
        while try letters.step() { deadLetters.append((letters.text(0), letters.text(1), letters.integer(2))) }
        try readPartitions(connection)
    }

    private mutating func readPartitions(_ connection: SQLiteConnection) throws(SQLiteFailure) {
        let known = Set(try connection.texts("SELECT name FROM pragma_table_info('offsets')"))
        let columns = ["partition", "generation"] + Self.partitionColumns
        let list = columns.map { known.contains($0) ? $0 : "0" }.joined(separator: ", ")
        let offsets = try connection.prepare("SELECT \(list) FROM offsets ORDER BY 1, 2")
        defer { connection.discard(offsets) }
        while try offsets.step() {
            let values = columns.indices.map { offsets.integer(Int32($0)) }
            partitions.append(
                Partition(partition: values[0], generation: values[1], values: Array(values.dropFirst(2))))
        }
    }

    private mutating func readRows(_ connection: SQLiteConnection) throws(SQLiteFailure) {
        let known = Set(try connection.texts("SELECT name FROM pragma_table_info('\(table)')"))
        // A column that is not there reads as NULL and is left out of the text.
        func column(_ name: String) -> String { known.contains(name) ? "\"\(name)\"" : "NULL" }
        let titles = [
            ("status_code", "By status"), ("transaction_type", "By type"), ("region_id", "By region"),
        ].filter { known.contains($0.0) }
        sections = titles.map { Section(title: $0.1) }
        if known.contains("currency"), known.contains("amount") { currencies = ValueCounts() }
        let names = [column("timestamp"), column("currency"), column("amount"), column("status_code")]
        let statement = try connection.prepare(
            "SELECT \((names + titles.map { column($0.0) }).joined(separator: ", ")) FROM \"\(table)\"")
        defer { connection.discard(statement) }
        let hasStatus = known.contains("status_code")
        var (earliest, latest): ([UInt8]?, [UInt8]?)
        while try statement.step() {
            rows += 1
            let time = statement.bytes(0)
            if !time.isEmpty {
                if earliest.map({ time.lexicographicallyPrecedes($0) }) ?? true { earliest = Array(time) }
                if latest.map({ $0.lexicographicallyPrecedes(time) }) ?? true { latest = Array(time) }
            }
            let isSuccess = !hasStatus || statement.bytes(3).elementsEqual("SUCCESS".utf8)
            currencies?.add(statement.bytes(1), amount: isSuccess ? statement.real(2) : nil)
            for index in sections.indices {
                sections[index].counts.add(statement.bytes(Int32(4 + index)), amount: nil)
            }
        }
        firstTime = earliest.map { String(decoding: $0, as: UTF8.self) }
        lastTime = latest.map { String(decoding: $0, as: UTF8.self) }
    }
}
