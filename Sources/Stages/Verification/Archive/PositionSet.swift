/// The offsets of one partition that have been met, and those met twice.
///
/// A bit an offset where rows lie close, which they do unless most were dropped; else a list of the offsets, sorted at
/// the end. So the memory is bounded by eight bytes a row and not by the offsets' distance, which compaction can make as
/// large as it likes.
struct PositionSet {
    private let range: Range<Int64>
    private var words: [UInt64] = []
    private var list: [Int64] = []
    private var doubled: [Int64] = []
    private var insertions = 0
    private let isDense: Bool

    /// - Parameters:
    ///   - range: the offsets that may be inserted; its bounds not below 0.
    ///   - expected: about how many will be.
    init(_ range: Range<Int64>, expected: Int) {
        self.range = range
        isDense = range.count / 64 <= max(1_024, expected)
        if isDense { words = [UInt64](repeating: 0, count: range.count / 64 + 1) }
    }

    /// Takes an offset in. One outside the range is passed over.
    mutating func insert(_ offset: Int64) {
        guard range.contains(offset) else { return }
        insertions += 1
        guard isDense else {
            list.append(offset)
            return
        }
        let place = Int(offset - range.lowerBound)
        let bit: UInt64 = 1 << UInt64(place & 63)
        if words[place >> 6] & bit != 0 { doubled.append(offset) }
        words[place >> 6] |= bit
    }

    /// Ends the insertions: those after it are not found.
    mutating func finish() {
        if !isDense {
            list.sort()
            for (one, next) in zip(list, list.dropFirst()) where one == next { doubled.append(one) }
        }
        doubled.sort()
    }

    /// How many different offsets were inserted, after ``finish()``.
    var count: Int { insertions - doubled.count }

    /// Each offset as often as it was inserted beyond the first time, ascending.
    var repetitions: [Int64] { doubled }

    /// Whether an offset was inserted, after ``finish()``.
    func contains(_ offset: Int64) -> Bool {
        guard range.contains(offset) else { return false }
        if isDense {
            let place = Int(offset - range.lowerBound)
            return words[place >> 6] >> UInt64(place & 63) & 1 == 1
        }
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low < list.count && list[low] == offset
    }

    /// The first offsets of the range that were not inserted, at most `limit`, after ``finish()``.
    func missing(atMost limit: Int) -> [Int64] {
        var missing: [Int64] = []
        var offset = range.lowerBound
        while offset < range.upperBound, missing.count < limit {
            if isDense, (offset - range.lowerBound) & 63 == 0, words[Int(offset - range.lowerBound) >> 6] == .max {
                offset += 64
                continue
            }
            if !contains(offset) { missing.append(offset) }
            offset += 1
        }
        return missing
    }
}
