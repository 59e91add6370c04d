internal import Pipeline

/// The settings of the archive as a pipeline file gives them.
enum SQLiteSettings {
    /// How hard a commit is pressed onto the disk.
    enum Synchronous: String, CaseIterable, Sendable {
        /// A committed transaction survives a power cut.
        case full
        /// It survives the death of the process; a power cut may take the last ones, rows and positions together.
        case normal
    }

    /// What to do where another runner holds the archive.
    enum WhenLocked: String, CaseIterable, Sendable {
        /// End at once, naming the holder.
        case fail
        /// Stand by and take over when it is free.
        case wait
    }

    static let path = Setting<String>.text(
        "path", default: nil, "The archive's file; made if it is not there. Must lie on a local disk."
    ) { path in
        path == ":memory:" || path.hasPrefix("file:") ? "must be the path of a file" : nil
    }
    static let table = Setting<String>.text(
        "table", default: "transactions",
        "The name rows are asked for by: letters, digits and underscores. They are stored in the table NAME_rows."
    ) { table in
        if let problem = identifierProblem(table) { return problem }
        if ArchiveSchema.reservedTables.contains(table.lowercased()) { return "is a table of the archive itself" }
        return table.lowercased().hasPrefix("sqlite_") ? "must not begin with sqlite_" : nil
    }
    static let columns = Setting<[ArchiveColumn]>(
        "columns", .list(.object(ColumnSettings.all), minimum: 1), default: ColumnSettings.value(.transaction),
        defaultText: ColumnSettings.text(.transaction),
        "The rows' columns, in order. A record must have every field in its type. Without a key a record that comes twice is stored twice.",
        convert: ColumnSettings.columns, problem: ColumnSettings.problem)
    static let batchRecords = Setting<Int>.integer(
        "batch_records", 1...1_000_000, default: 10_000, "Records after which a transaction is committed.")
    static let batchInterval = Setting<Duration>.duration(
        "batch_interval", .milliseconds(1)...(.seconds(60)), default: .milliseconds(200), text: "200ms",
        "Time after which a transaction is committed with what it has.")
    static let synchronous = Setting<Synchronous>.choice(
        "synchronous", default: .full,
        "full: a committed transaction survives a power cut; normal: the last ones may go, rows and positions together."
    )
    // Against 32 KiB a tenth less processor time a row: fewer pages are logged, summed, written back and split.
    static let pageSize = Setting<Int>(
        "page_size", .size(4_096...65_536), default: .size(65_536), defaultText: #""64KiB""#,
        "Page size of a new archive, a power of two: large for speed, 4KiB where batch_interval is a few milliseconds.",
        convert: { if case .size(let value) = $0 { Int(value) } else { nil } },
        problem: { $0.nonzeroBitCount == 1 ? nil : "must be a power of two" })
    static let checkpoint = Setting<Int>.size(
        "checkpoint", 65_536...(16 << 30), default: 128 << 20, text: "128MiB",
        "Size of the write-ahead log at which it is written back into the archive, which stands still meanwhile.")
    static let busyTimeout = Setting<Duration>.duration(
        "busy_timeout", .zero...(.seconds(60)), default: .seconds(5), text: "5s",
        "How long a lock of another program on the file is waited for before the attempt counts as failed.")
    static let whenLocked = Setting<WhenLocked>.choice(
        "when_locked", default: .fail,
        "fail: end at once where another runner holds the archive; wait: stand by and take over when that one has ended."
    )
    static let all: [any AnySetting] = [
        path, table, columns, batchRecords, batchInterval, synchronous, pageSize, checkpoint, busyTimeout, whenLocked,
    ]

    /// What is wrong with a name, or nil. A strict pattern, because names cannot be bound like values.
    static func identifierProblem(_ name: String) -> String? {
        let isRight =
            name.utf8.count <= 63 && name.utf8.first.map { !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0) } == true
            && name.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "_") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
            }
        return isRight ? nil : "must be letters, digits and underscores, at most 63, and not begin with a digit"
    }
}

/// The members of one entry of `columns`.
enum ColumnSettings {
    private static let name = Setting<String>.text("name", default: nil, "The column's name.")
    private static let type = Setting<FieldType>.choice("type", default: .text, "The type the field must have.")
    private static let field = Setting<String?>.optionalText(
        "field", "The member of the record's JSON object; the column's name if left out.")
    private static let key = Setting<Bool>.boolean(
        "key", default: false, "Whether the column is (part of) the key by which a repeated record is recognised.")
    static let all: [any AnySetting] = [name, type, field, key]

    static func columns(_ value: SettingValue) -> [ArchiveColumn]? {
        guard case .list(let members) = value else { return nil }
        return members.compactMap { member in
            guard case .object(let parts) = member else { return nil }
            let values = SettingValues(parts)
            return ArchiveColumn(values[name], values[type], field: values[field], isKey: values[key])
        }
    }

    static func problem(_ columns: [ArchiveColumn]) -> String? {
        var names = Set(ArchiveColumn.position.map(\.name) + [ArchiveColumn.topic])
        for column in columns {
            if let problem = SQLiteSettings.identifierProblem(column.name) {
                return "the column name \"\(column.name)\" \(problem)"
            }
            guard names.insert(column.name.lowercased()).inserted else {
                return "the column \"\(column.name)\" is there twice, or is one that the archive adds itself"
            }
        }
        return nil
    }

    static func value(_ columns: [ArchiveColumn]) -> SettingValue {
        .list(
            columns.map {
                .object([
                    name.name: .text($0.name), type.name: .text($0.type.rawValue), key.name: .boolean($0.isKey),
                ])
            })
    }

    static func text(_ columns: [ArchiveColumn]) -> String {
        let members = columns.map { column in
            var text = #"{ "name": "\#(column.name)""#
            if column.type != .text { text += #", "type": "\#(column.type.rawValue)""# }
            if column.isKey { text += #", "key": true"# }
            return text + " }"
        }
        return "[" + members.joined(separator: ", ") + "]"
    }
}

extension [ArchiveColumn] {
    fileprivate static var transaction: [ArchiveColumn] { ArchiveColumn.transaction }
}
