/// Counts by key, with those that have no key beside them.
struct Tally: Sendable {
    /// One line of a listing.
    struct Row: Sendable, Hashable {
        /// The key; nil for the records without one.
        var key: Key
        /// How many records.
        var count: Int
    }

    /// What a count is of.
    enum Key: Sendable, Hashable {
        /// Records with this key.
        case bytes([UInt8])
        /// Records whose keys have no count of their own.
        case others
        /// Records without the field.
        case none
    }

    /// The number of ``ByteKeyTable`` for a record without the field.
    static let none = -1

    private var keys: ByteKeyTable
    private var counts: [Int]
    private var withoutKey = 0

    init(keys: [String] = []) {
        self.keys = ByteKeyTable(keys: keys)
        counts = [Int](repeating: 0, count: self.keys.count)
    }

    /// Counts one record.
    /// - Parameter key: its key, or nil if it has none.
    /// - Returns: the key's number, or ``none``.
    @discardableResult
    mutating func add(_ key: UnsafeRawBufferPointer?) -> Int {
        guard let key else {
            withoutKey += 1
            return Self.none
        }
        let number = keys.number(of: key)
        if number == counts.count { counts.append(0) }
        counts[number] += 1
        return number
    }

    /// The keys that were met, the most frequent first, equal ones by their bytes; then the others, then none.
    var rows: [Row] {
        var rows: [Row] = []
        for number in 1..<keys.count where counts[number] > 0 {
            rows.append(Row(key: .bytes(Array(keys.key(number))), count: counts[number]))
        }
        rows.sort { left, right in
            guard left.count == right.count, case .bytes(let one) = left.key, case .bytes(let two) = right.key else {
                return left.count > right.count
            }
            return one.lexicographicallyPrecedes(two)
        }
        if counts[ByteKeyTable.others] > 0 { rows.append(Row(key: .others, count: counts[ByteKeyTable.others])) }
        if withoutKey > 0 { rows.append(Row(key: .none, count: withoutKey)) }
        return rows
    }
}
