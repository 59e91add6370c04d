internal import Pipeline

/// A ``FieldCondition`` made ready for comparing cells of a ``FieldTable`` in place, without a string a record.
///
/// A class, though it is a value: as a struct it would be copied for every record, each of its arrays retained.
final class FieldTest: Sendable {
    /// What a test comes to.
    enum Verdict: Sendable, Hashable {
        case holds
        case fails
        /// The field is not there, or a range meets another type: neither yes nor no.
        case open
    }

    private let anyOf: WordSet?
    private let noneOf: WordSet?
    private let lowest: Limit?
    private let highest: Limit?
    private let isPresent: Bool?

    init(_ condition: FieldCondition) {
        anyOf = condition.anyOf.isEmpty ? nil : WordSet(condition.anyOf)
        noneOf = condition.noneOf.isEmpty ? nil : WordSet(condition.noneOf)
        lowest = condition.lowest.map(Limit.init)
        highest = condition.highest.map(Limit.init)
        isPresent = condition.isPresent
    }

    /// Tests one cell.
    /// - Parameters:
    ///   - index: of the cell, or nil if the table has no such column.
    ///   - cells: the batch's cells.
    func verdict(_ index: Int?, in cells: FieldCells) -> Verdict {
        let kind = index.map(cells.kind) ?? .missing
        let isThere = kind != .missing && kind != .null
        if let isPresent {
            guard isPresent == isThere else { return .fails }
            if !isThere { return asksMoreThanPresence ? .open : .holds }
        }
        guard let index, isThere else { return .open }
        if let text = cells.text(index) { return verdict(text: text) }
        if let number = cells.number(index) { return verdict(number: number) }
        if kind == .boolean { return verdict(boolean: cells.isTrue(index)) }
        // An object or array is there, but compares with nothing that a file can say.
        return asksMoreThanPresence ? .open : .holds
    }

    private var asksMoreThanPresence: Bool { anyOf != nil || noneOf != nil || lowest != nil || highest != nil }

    private func verdict(text: UnsafeRawBufferPointer) -> Verdict {
        if let anyOf, !anyOf.contains(text: text) { return .fails }
        if let noneOf, noneOf.contains(text: text) { return .fails }
        if let lowest {
            guard let order = lowest.compare(text: text) else { return .open }
            if order < 0 { return .fails }
        }
        if let highest {
            guard let order = highest.compare(text: text) else { return .open }
            if order > 0 { return .fails }
        }
        return .holds
    }

    private func verdict(boolean: Bool) -> Verdict {
        if lowest != nil || highest != nil { return .open }
        if let anyOf, !anyOf.contains(boolean: boolean) { return .fails }
        if let noneOf, noneOf.contains(boolean: boolean) { return .fails }
        return .holds
    }

    private func verdict(number: Double) -> Verdict {
        if let anyOf, !anyOf.contains(number: number) { return .fails }
        if let noneOf, noneOf.contains(number: number) { return .fails }
        if let lowest {
            guard case .number(let limit) = lowest else { return .open }
            if number < limit { return .fails }
        }
        if let highest {
            guard case .number(let limit) = highest else { return .open }
            if number > limit { return .fails }
        }
        return .holds
    }
}

extension FieldTest {
    /// One end of a range, its text as bytes.
    private enum Limit: Sendable {
        case number(Double)
        case text([UInt8])

        init(_ bound: FieldCondition.Bound) {
            self =
                switch bound {
                case .number(let value): .number(value)
                case .text(let text): .text(Array(text.utf8))
                }
        }

        /// Below zero if `text` comes before the limit, zero if equal, above if after; nil if the limit is a number.
        func compare(text: UnsafeRawBufferPointer) -> Int? {
            guard case .text(let limit) = self else { return nil }
            for (left, right) in zip(text, limit) where left != right {
                return left < right ? -1 : 1
            }
            return text.count - limit.count
        }
    }
}
