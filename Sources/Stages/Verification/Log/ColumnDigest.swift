internal import Pipeline

/// A number that stands for the values of a row or of a record: 64 bits, by a key that each process draws anew
/// (`Hasher`), so that no two different rows can be made to share one.
///
/// Instead of the values themselves, since a million rows come in the order of their key and the log's records in that
/// of their offsets: 16 bytes of each are kept and not some hundred.
struct ColumnDigest {
    private enum Mark: UInt8 {
        case text, number, unlike
    }

    /// The columns that are compared: those of which a record has the member.
    let columns: [StoredArchive.Column]

    /// The digest of a row.
    /// - Parameters:
    ///   - row: stands on it.
    ///   - first: the statement's column of the first of `columns`; the others follow.
    func digest(_ row: SQLiteStatement, first: Int32) -> Int {
        var hasher = Hasher()
        for (index, column) in columns.enumerated() {
            let place = first + Int32(index)
            switch column.type {
            case "TEXT": Self.combine(row.bytes(place), &hasher)
            case "REAL": Self.combine(row.real(place), &hasher)
            default: Self.combine(row.integer(place), &hasher)
            }
        }
        return hasher.finalize()
    }

    /// The digest of a record, which is that of its row if the row holds what was sent.
    /// - Parameters:
    ///   - record: a living record of the batch.
    ///   - bytes: the batch's.
    ///   - fields: the batch's, parsed for the names of `columns` in their order.
    func digest(_ record: Record, _ bytes: UnsafeRawBufferPointer, _ fields: FieldTable) -> Int {
        var hasher = Hasher()
        for index in columns.indices { combine(index, record, bytes, fields, &hasher) }
        return hasher.finalize()
    }

    /// The columns whose value in a row is not the record's.
    func differences(
        _ row: SQLiteStatement, _ record: Record, _ bytes: UnsafeRawBufferPointer, _ fields: FieldTable
    ) -> [String] {
        columns.indices.filter { index in
            let alone = ColumnDigest(columns: [columns[index]])
            var hasher = Hasher()
            combine(index, record, bytes, fields, &hasher)
            return alone.digest(row, first: Int32(index)) != hasher.finalize()
        }.map { columns[$0].name }
    }

    private func combine(
        _ index: Int, _ record: Record, _ bytes: UnsafeRawBufferPointer, _ fields: FieldTable, _ hasher: inout Hasher
    ) {
        switch (columns[index].type, fields.value(row: record.row, column: index)) {
        case ("TEXT", .text(let range)):
            Self.combine(UnsafeRawBufferPointer(rebasing: bytes[range.offsets]), &hasher)
        case ("TEXT", .unescapedText(let range)):
            fields.unescaped.withUnsafeBytes {
                Self.combine(UnsafeRawBufferPointer(rebasing: $0[range.offsets]), &hasher)
            }
        case ("REAL", .real(let value)): Self.combine(value, &hasher)
        case ("REAL", .integer(let value)): Self.combine(Double(value), &hasher)
        case ("INTEGER", .integer(let value)): Self.combine(value, &hasher)
        case ("INTEGER", .boolean(let value)): Self.combine(value ? 1 as Int64 : 0, &hasher)
        default: hasher.combine(Mark.unlike)
        }
    }

    private static func combine(_ text: UnsafeRawBufferPointer, _ hasher: inout Hasher) {
        hasher.combine(Mark.text)
        hasher.combine(text.count)
        hasher.combine(bytes: text)
    }

    private static func combine(_ value: Double, _ hasher: inout Hasher) {
        hasher.combine(Mark.number)
        // SQLite stores a real without fraction as a whole number, which has no zero below zero.
        hasher.combine(value == 0 ? 0 : value.bitPattern)
    }

    private static func combine(_ value: Int64, _ hasher: inout Hasher) {
        hasher.combine(Mark.number)
        hasher.combine(value)
    }
}

/// The same for a record as it came: key, value, headers and time.
enum RecordDigest {
    /// The digest of a stored dead letter.
    /// - Parameters:
    ///   - row: stands on it.
    ///   - first: the statement's column of the key; value, headers and timestamp_us follow.
    static func digest(_ row: SQLiteStatement, first: Int32) -> Int {
        var hasher = Hasher()
        for column in first..<first + 3 {
            let isPresent = row.type(column) != .null
            row.blob(column).withUnsafeBytes { combine(isPresent ? $0 : nil, &hasher) }
        }
        hasher.combine(row.integer(first + 3))
        return hasher.finalize()
    }

    /// The digest of a record of the log.
    static func digest(_ record: Record, _ bytes: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        for range in [record.key, record.value, record.headers] {
            combine(range.isPresent ? UnsafeRawBufferPointer(rebasing: bytes[range.offsets]) : nil, &hasher)
        }
        hasher.combine(record.timestamp.microseconds)
        return hasher.finalize()
    }

    private static func combine(_ part: UnsafeRawBufferPointer?, _ hasher: inout Hasher) {
        hasher.combine(part?.count ?? -1)
        if let part { hasher.combine(bytes: part) }
    }
}
