internal import Pipeline

/// Where the fields of a transaction stand in one batch's table.
struct TransactionColumns: Sendable {
    private let columns: [Int]

    /// Looks the fields up; once a batch.
    init(_ table: FieldTable) {
        columns = TransactionField.allCases.map { table.column($0.name) ?? -1 }
    }

    /// The column of a field, or nil if no stage asked for it.
    subscript(_ field: TransactionField) -> Int? {
        let column = columns[field.rawValue]
        return column < 0 ? nil : column
    }
}
