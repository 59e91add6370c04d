internal import Pipeline

/// Decides about records by their fields: a pure value, the same for the same cells.
struct RecordMatcher: Sendable {
    /// What becomes of a record.
    enum Outcome: Sendable, Hashable {
        case passes
        case dropped
        /// A tested field is not there, and what is there does not settle it.
        case open
    }

    private struct Part: Sendable {
        let field: String
        let test: FieldTest
    }

    private let keep: [Part]
    private let drop: [Part]

    /// Compiles conditions; those that ask nothing are left out.
    init(keep: [FieldCondition], drop: [FieldCondition]) {
        self.keep = keep.filter(\.isInForce).map { Part(field: $0.field, test: FieldTest($0)) }
        self.drop = drop.filter(\.isInForce).map { Part(field: $0.field, test: FieldTest($0)) }
    }

    /// Whether there is nothing to decide.
    var isEmpty: Bool { keep.isEmpty && drop.isEmpty }

    /// Names of the tested fields, each once.
    var fields: [String] {
        var names: [String] = []
        for part in keep + drop where !names.contains(part.field) { names.append(part.field) }
        return names
    }

    /// Decides about every record of a batch in order.
    /// - Parameters:
    ///   - batch: its records must have been parsed.
    ///   - body: gets a record's index and outcome.
    func decide(_ batch: Batch, _ body: (Int, Outcome) -> Void) {
        visit(batch) { index, row, cells, columns in
            body(index, outcome(row: row, in: cells, columns))
        }
    }

    /// The tested field that left a record open, for the reason of a dead letter.
    func openField(of record: Record, in batch: Batch) -> String? {
        var single = batch
        single.records = [record]
        var field: String?
        visit(single) { _, row, cells, columns in
            let parts = zip(keep + drop, columns)
            field = parts.first { $0.test.verdict($1.map { row + $0 }, in: cells) == .open }?.0.field
        }
        return field
    }

    private func visit(_ batch: Batch, _ body: (Int, Int, FieldCells, [Int?]) -> Void) {
        guard let table = batch.fields else { return }
        let columns = (keep + drop).map { table.column($0.field) }
        batch.withFieldCells { cells in
            for (index, record) in batch.records.enumerated() {
                body(index, Int(record.row) * cells.width, cells, columns)
            }
        }
    }

    // A list of conditions holds if all do, fails if one does, and is open otherwise.
    private func outcome(row: Int, in cells: FieldCells, _ columns: [Int?]) -> Outcome {
        var isOpen = false
        for index in keep.indices {
            switch keep[index].test.verdict(columns[index].map { row + $0 }, in: cells) {
            case .holds: continue
            case .fails: return .dropped
            case .open: isOpen = true
            }
        }
        guard !drop.isEmpty else { return isOpen ? .open : .passes }
        var isDropOpen = false
        for index in drop.indices {
            switch drop[index].test.verdict(columns[keep.count + index].map { row + $0 }, in: cells) {
            case .holds: continue
            case .fails: return isOpen ? .open : .passes
            case .open: isDropOpen = true
            }
        }
        if isDropOpen { return .open }
        return .dropped
    }
}
