internal import Pipeline

/// The tables of an archive, and the statements on them. Names come from the pipeline file by a strict pattern and are
/// quoted all the same; values of records are always bound.
struct ArchiveSchema: Sendable, Hashable {
    /// Stored as `user_version`; a later runner that changes the tables counts it up.
    static let version: Int32 = 2
    /// Stored as `application_id`, "SLCE": tells an archive from any other SQLite database.
    static let applicationID: Int32 = 0x534C_4345
    /// Names the view of the rows cannot have.
    static let reservedTables = ["offsets", "dead_letters", "meta", "batch"]

    /// The name the rows are asked for by: a view, which shows the topic beside what is stored.
    var table: String
    /// Its declared columns.
    var columns: [ArchiveColumn]

    /// The name they are stored under (docs/decisions/0008-the-topic-is-not-stored.md).
    var storage: String { table + "_rows" }

    private var keys: [ArchiveColumn] { columns.filter(\.isKey) }
    private var storedColumns: [ArchiveColumn] { columns + ArchiveColumn.position }

    private var storageCreation: String {
        let key = keys.isEmpty ? [] : ["PRIMARY KEY (\(list(keys)))"]
        // Without a rowid the rows lie in the key's own tree: one tree to write instead of two.
        let options = keys.isEmpty ? "STRICT" : "STRICT, WITHOUT ROWID"
        let parts = storedColumns.map(definition) + key
        return "CREATE TABLE \(quoted(storage)) (\(parts.joined(separator: ", "))) \(options)"
    }

    private var viewCreation: String {
        let topic = "(SELECT value FROM meta WHERE name = 'topic') AS \(quoted(ArchiveColumn.topic))"
        let parts = [list(columns), topic, list(ArchiveColumn.position)]
        return "CREATE VIEW \(quoted(table)) AS SELECT \(parts.joined(separator: ", ")) FROM \(quoted(storage))"
    }

    /// Makes all tables of an empty archive.
    var creation: String {
        """
        \(storageCreation);
        \(viewCreation);
        CREATE TABLE offsets (
            partition INTEGER PRIMARY KEY, first_claimed INTEGER NOT NULL, next INTEGER NOT NULL,
            epoch INTEGER NOT NULL, read INTEGER NOT NULL DEFAULT 0, rows INTEGER NOT NULL DEFAULT 0,
            repeated INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0,
            dead INTEGER NOT NULL DEFAULT 0, holes INTEGER NOT NULL DEFAULT 0,
            last_offset INTEGER, last_timestamp_us INTEGER, last_crc32 INTEGER,
            CHECK (read = rows + repeated + dropped + dead)
        ) STRICT;
        CREATE TABLE dead_letters (
            id INTEGER PRIMARY KEY, stage TEXT NOT NULL, reason TEXT NOT NULL, topic TEXT NOT NULL,
            partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, timestamp_us INTEGER NOT NULL,
            "key" BLOB, value BLOB, headers BLOB, UNIQUE (topic, partition, "offset", stage)
        ) STRICT;
        CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        PRAGMA application_id = \(Self.applicationID);
        PRAGMA user_version = \(Self.version);
        """
    }

    /// The columns of the virtual table `batch`, in the order of ``BatchWindow``.
    var batchColumns: String {
        storedColumns.map { "\(quoted($0.name)) \($0.storedType)" }.joined(separator: ", ")
    }

    /// Inserts the lent batch. `WHERE true` keeps the parser from taking ON CONFLICT for a join's ON
    /// (https://www.sqlite.org/lang_upsert.html, "Parsing Ambiguity"); `INSERT OR IGNORE` would also swallow a NULL.
    var insertion: String {
        let names = list(storedColumns)
        let conflict = keys.isEmpty ? "" : " WHERE true ON CONFLICT (\(list(keys))) DO NOTHING"
        return "INSERT INTO \(quoted(storage)) (\(names)) SELECT \(names) FROM batch\(conflict)"
    }

    /// After an insertion that left rows out: which of the lent batch, and whether what stands there is the same.
    /// Nil without a key, when none is ever left out.
    var conflicts: String? {
        guard !keys.isEmpty else { return nil }
        let others = columns.filter { !$0.isKey }.map { "b.\(quoted($0.name)) IS t.\(quoted($0.name))" }
        let keyed = keys.map { "t.\(quoted($0.name)) = b.\(quoted($0.name))" }.joined(separator: " AND ")
        let isSame = others.isEmpty ? "1" : others.joined(separator: " AND ")
        // CROSS keeps the batch outside, so that the key's tree is searched and not read through.
        return """
            SELECT b.rowid, \(isSame), t.kafka_partition, t.kafka_offset
            FROM batch AS b CROSS JOIN \(quoted(storage)) AS t ON \(keyed)
            WHERE t.kafka_partition <> b.kafka_partition OR t.kafka_offset <> b.kafka_offset
            """
    }

    /// The fence: changes one row, or someone else has written. Parameters as ``PartitionLedger`` binds them.
    static let advance = """
        UPDATE offsets SET next = ?4, read = read + ?5, rows = rows + ?6, repeated = repeated + ?7,
            dropped = dropped + ?8, dead = dead + ?9, holes = holes + ?10, last_offset = coalesce(?11, last_offset),
            last_timestamp_us = coalesce(?12, last_timestamp_us), last_crc32 = coalesce(?13, last_crc32)
        WHERE partition = ?1 AND epoch = ?2 AND next = ?3
        """

    /// A dead letter; one that is given again after a reopen is there already.
    static let deadLetter = """
        INSERT INTO dead_letters (stage, reason, topic, partition, "offset", timestamp_us, "key", value, headers)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING
        """

    /// The columns as an existing table stores them, to be compared with ``signature``.
    static let tableSignature = """
        SELECT group_concat(name || ' ' || type || CASE pk WHEN 0 THEN '' ELSE ' key' END, ', ')
        FROM (SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid)
        """

    /// The columns as ``tableSignature`` gives them for a table of this schema.
    var signature: String {
        storedColumns.map { "\($0.name) \($0.storedType)\($0.isKey ? " key" : "")" }.joined(separator: ", ")
    }

    private func list(_ columns: [ArchiveColumn]) -> String {
        columns.map { quoted($0.name) }.joined(separator: ", ")
    }

    private func definition(_ column: ArchiveColumn) -> String {
        "\(quoted(column.name)) \(column.storedType) NOT NULL"
    }

    private func quoted(_ name: String) -> String { "\"\(name)\"" }
}
