internal import Pipeline

/// A column of the archive's rows: what the pipeline file says of it.
struct ArchiveColumn: Sendable, Hashable {
    /// The column's name.
    var name: String
    /// The type its field must have.
    var type: FieldType
    /// The member of the record's JSON object.
    var field: String
    /// Whether it is (part of) the key by which a repeated record is recognised.
    var isKey: Bool

    init(_ name: String, _ type: FieldType = .text, field: String? = nil, isKey: Bool = false) {
        self.name = name
        self.type = type
        self.field = field ?? name
        self.isKey = isKey
    }

    /// The type in a STRICT table; SQLite has no boolean of its own, 0 and 1 stand for it.
    var storedType: String {
        switch type {
        case .text: "TEXT"
        case .real: "REAL"
        case .integer, .boolean: "INTEGER"
        }
    }

    /// The ATM transaction of the shipped pipelines.
    static let transaction: [ArchiveColumn] = [
        ArchiveColumn("transaction_id", isKey: true), ArchiveColumn("atm_id"), ArchiveColumn("region_id"),
        ArchiveColumn("amount", .real), ArchiveColumn("status_code"), ArchiveColumn("user_id"),
        ArchiveColumn("card_number"), ArchiveColumn("transaction_type"), ArchiveColumn("location"),
        ArchiveColumn("currency"), ArchiveColumn("timestamp"),
    ]

    /// What the sink stores with every row: where the record stood.
    static let position: [ArchiveColumn] = [
        ArchiveColumn("kafka_partition", .integer), ArchiveColumn("kafka_offset", .integer),
    ]

    /// What every row shows before its position, and none stores: an archive has one topic.
    static let topic = "kafka_topic"
}
