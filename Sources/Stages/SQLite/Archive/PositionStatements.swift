/// The statements that move an archive's positions and keep its dead letters.
struct PositionStatements {
    let advance: SQLiteStatement
    let deadLetter: SQLiteStatement

    /// Prepares them on tables of the newest schema.
    init(on connection: SQLiteConnection) throws(SQLiteFailure) {
        advance = try connection.prepare(ArchiveSchema.advance)
        deadLetter = try connection.prepare(ArchiveSchema.deadLetter)
    }
}
