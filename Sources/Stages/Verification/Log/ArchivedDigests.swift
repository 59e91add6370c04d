internal import Pipeline

/// What an archive holds of each position, in the order of the log: digests of rows and of dead letters.
struct ArchivedDigests {
    /// A row or a dead letter.
    struct Entry {
        var offset: Int64
        var digest: Int
    }

    private(set) var rows: [Int64: [Entry]] = [:]
    private(set) var letters: [Int64: [Entry]] = [:]

    /// Reads them all: 16 bytes a row are kept.
    /// - Parameters:
    ///   - archive: what its tables say.
    ///   - connection: reads it.
    ///   - digest: of the columns that are compared.
    init(
        of archive: StoredArchive, _ connection: SQLiteConnection, _ digest: ColumnDigest
    ) throws(SQLiteFailure) {
        let names = ArchiveColumn.position.map(\.name) + digest.columns.map { "\"\($0.name)\"" }
        let statement = try connection.prepare(
            "SELECT \(names.joined(separator: ", ")) FROM \(archive.quotedStorage)")
        defer { connection.discard(statement) }
        while try statement.step() {
            rows[statement.integer(0), default: []].append(
                Entry(offset: statement.integer(1), digest: digest.digest(statement, first: 2)))
        }
        let dead = try connection.prepare(
            "SELECT partition, \"offset\", \"key\", value, headers, timestamp_us FROM dead_letters")
        defer { connection.discard(dead) }
        while try dead.step() {
            letters[dead.integer(0), default: []].append(
                Entry(offset: dead.integer(1), digest: RecordDigest.digest(dead, first: 2)))
        }
        for partition in rows.keys { rows[partition]?.sort { $0.offset < $1.offset } }
        for partition in letters.keys { letters[partition]?.sort { $0.offset < $1.offset } }
    }
}
