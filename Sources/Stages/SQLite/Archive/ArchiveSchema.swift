internal import Pipeline

/// The tables of an archive, and the statements on them. Names come from the pipeline file by a strict pattern and are
/// quoted all the same; values of records are always bound.
struct ArchiveSchema: Sendable, Hashable {
    /// Stored as `user_version`; a later runner that changes the tables counts it up.
    static let version: Int32 = 3
    /// The earliest version that is brought to ``version`` where it stands; see ``upgrade``.
    static let earliestUpgradable: Int32 = 2
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

    /// Without a rowid its key needs no tree of its own.
    private static func offsetsCreation(_ name: String) -> String {
        """
        CREATE TABLE \(name) (
            partition INTEGER NOT NULL, generation INTEGER NOT NULL DEFAULT 0, first_claimed INTEGER NOT NULL,
            next INTEGER NOT NULL, epoch INTEGER NOT NULL, read INTEGER NOT NULL DEFAULT 0,
            rows INTEGER NOT NULL DEFAULT 0, repeated INTEGER NOT NULL DEFAULT 0,
            dropped INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0, holes INTEGER NOT NULL DEFAULT 0,
            lost INTEGER NOT NULL DEFAULT 0, last_offset INTEGER, last_timestamp_us INTEGER, last_crc32 INTEGER,
            PRIMARY KEY (partition, generation),
            CHECK (read = rows + repeated + dropped + dead), CHECK (lost BETWEEN 0 AND holes)
        ) STRICT, WITHOUT ROWID
        """
    }

    private static func deadLettersCreation(_ name: String) -> String {
        """
        CREATE TABLE \(name) (
            id INTEGER PRIMARY KEY, stage TEXT NOT NULL, reason TEXT NOT NULL, topic TEXT NOT NULL,
            partition INTEGER NOT NULL, generation INTEGER NOT NULL DEFAULT 0, "offset" INTEGER NOT NULL,
            timestamp_us INTEGER NOT NULL, "key" BLOB, value BLOB, headers BLOB,
            UNIQUE (topic, partition, generation, "offset", stage)
        ) STRICT
        """
    }

    /// Gives the tables of version 2 their generations. Made beside, filled and put in their place, as
    /// https://www.sqlite.org/lang_altertable.html#otheralter says: no ALTER TABLE changes a key. Without
    /// `legacy_alter_table` the renaming would fail on, or change, views that somebody made over these tables.
    static let upgrade = """
        PRAGMA legacy_alter_table = ON;
        \(offsetsCreation("offsets_3"));
        INSERT INTO offsets_3 (partition, first_claimed, next, epoch, read, rows, repeated, dropped, dead, holes,
            last_offset, last_timestamp_us, last_crc32)
        SELECT partition, first_claimed, next, epoch, read, rows, repeated, dropped, dead, holes,
            last_offset, last_timestamp_us, last_crc32 FROM offsets;
        DROP TABLE offsets;
        ALTER TABLE offsets_3 RENAME TO offsets;
        \(deadLettersCreation("dead_letters_3"));
        INSERT INTO dead_letters_3 (id, stage, reason, topic, partition, "offset", timestamp_us, "key", value, headers)
        SELECT id, stage, reason, topic, partition, "offset", timestamp_us, "key", value, headers FROM dead_letters;
        DROP TABLE dead_letters;
        ALTER TABLE dead_letters_3 RENAME TO dead_letters;
        PRAGMA user_version = \(version);
        """

    /// Makes all tables of an empty archive.
    var creation: String {
        """
        \(storageCreation);
        \(viewCreation);
        \(Self.offsetsCreation("offsets"));
        \(Self.deadLettersCreation("dead_letters"));
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
    /// What stands at the very place of a record is the record itself; where it is one of an earlier generation,
    /// ``coincidences`` has told before. Nil without a key, when none is ever left out.
    var conflicts: String? {
        comparison(where: "t.kafka_partition <> b.kafka_partition OR t.kafka_offset <> b.kafka_offset")
    }

    /// Before an insertion: the records of the lent batch whose key stands at their own place already. Whatever is
    /// about to be written lies behind the stored position, so that is a row of an earlier generation.
    var coincidences: String? {
        comparison(where: "t.kafka_partition = b.kafka_partition AND t.kafka_offset = b.kafka_offset")
    }

    private func comparison(where place: String) -> String? {
        guard !keys.isEmpty else { return nil }
        let others = columns.filter { !$0.isKey }.map { "b.\(quoted($0.name)) IS t.\(quoted($0.name))" }
        let keyed = keys.map { "t.\(quoted($0.name)) = b.\(quoted($0.name))" }.joined(separator: " AND ")
        let isSame = others.isEmpty ? "1" : others.joined(separator: " AND ")
        // CROSS keeps the batch outside, so that the key's tree is searched and not read through.
        return """
            SELECT b.rowid, \(isSame), t.kafka_partition, t.kafka_offset
            FROM batch AS b CROSS JOIN \(quoted(storage)) AS t ON \(keyed)
            WHERE \(place)
            """
    }

    /// Every generation of every partition, the live one last. Files of version 2 know no generations.
    static func partitions(version: Int32) -> String {
        let generation = version < 3 ? "0" : "generation"
        return """
            SELECT partition, \(generation), first_claimed, next, epoch, last_offset, last_timestamp_us, last_crc32
            FROM offsets ORDER BY 1, 2
            """
    }

    /// Raises the epochs of the live generations; the earlier ones are history.
    static let raiseEpochs = """
        UPDATE offsets SET epoch = epoch + 1
        WHERE generation = (SELECT max(generation) FROM offsets AS o WHERE o.partition = offsets.partition)
        """

    /// A partition's beginning.
    static let beginning =
        "INSERT INTO offsets (partition, generation, first_claimed, next, epoch) VALUES (?1, ?2, ?3, ?3, ?4)"

    /// The fence: changes one row, or someone else has written.
    static let advance = """
        UPDATE offsets SET next = ?5, read = read + ?6, rows = rows + ?7, repeated = repeated + ?8,
            dropped = dropped + ?9, dead = dead + ?10, holes = holes + ?11, lost = lost + ?12,
            last_offset = coalesce(?13, last_offset), last_timestamp_us = coalesce(?14, last_timestamp_us),
            last_crc32 = coalesce(?15, last_crc32)
        WHERE partition = ?1 AND generation = ?2 AND epoch = ?3 AND next = ?4
        """

    /// A dead letter; one that is given again after a reopen is there already.
    static let deadLetter = """
        INSERT INTO dead_letters (stage, reason, topic, partition, generation, "offset", timestamp_us, "key", value,
            headers)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING
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
