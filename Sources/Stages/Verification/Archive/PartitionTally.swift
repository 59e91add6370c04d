internal import Pipeline

/// What a proof counts in one partition, beside what the partition's ledgers say: one of each generation of the topic.
struct PartitionTally {
    /// What a dead letter's position holds otherwise.
    enum Letter {
        /// Nothing: the letter is what came of the record.
        case alone
        /// A row: the record was archived here, and refused by another sink.
        case archivedToo
        /// Not claimed yet: another sink was quicker to refuse the record than this archive to take it.
        case ahead
        /// Nothing that this archive ever answered for.
        case outside
    }

    let partition: Int64
    private let ledgers: [StoredArchive.Ledger]
    private let hull: Range<Int64>
    private var rows = 0
    private var rowsOutside: [Int64] = []
    private var outside = 0
    private var highest: Int64?
    private var positions: PositionSet
    private var lastLetter: (generation: Int64, offset: Int64)?
    private var lettersAlone = 0

    /// - Parameters:
    ///   - ledgers: those of the partition, by generation; at least one.
    ///   - rowsOfArchive: how many rows the archive has, which bounds the memory.
    init(_ ledgers: [StoredArchive.Ledger], rowsOfArchive: Int) {
        partition = ledgers[0].partition
        self.ledgers = ledgers
        let ranges = ledgers.map(\.range).filter { !$0.isEmpty }
        let low = ranges.map(\.lowerBound).min() ?? 0
        hull = low..<(ranges.map(\.upperBound).max() ?? low)
        positions = PositionSet(hull, expected: rowsOfArchive)
    }

    /// The one ledger, or nil where the topic was made anew, since rows do not say of which it is.
    var single: StoredArchive.Ledger? { ledgers.count == 1 ? ledgers[0] : nil }

    /// Positions at which there was no record, by the ledgers.
    var holes: Int64 { ledgers.reduce(0) { $0 &+ $1.holes } }

    /// Those of the holes whose records the log had lost.
    var lost: Int64 { ledgers.reduce(0) { $0 &+ $1.lost } }

    /// The ledger of a generation.
    func ledger(of generation: Int64) -> StoredArchive.Ledger? { ledgers.first { $0.generation == generation } }

    private func covers(_ offset: Int64) -> Bool { ledgers.contains { $0.range.contains(offset) } }

    /// Counts a row.
    mutating func addRow(_ offset: Int64) {
        rows += 1
        highest = max(highest ?? offset, offset)
        if hull.contains(offset), ledgers.count == 1 || covers(offset) {
            positions.insert(offset)
        } else {
            outside += 1
            if rowsOutside.count < Findings.shown { rowsOutside.append(offset) }
        }
    }

    /// No more rows come; dead letters may.
    mutating func finishRows() {
        positions.finish()
    }

    /// Counts a dead letter. They come by generation and offset, several of one position in a row.
    mutating func addLetter(_ offset: Int64, generation: Int64) -> Letter {
        guard let range = ledger(of: generation)?.range else { return .outside }
        guard range.contains(offset) else { return offset >= range.upperBound ? .ahead : .outside }
        let isArchived = positions.contains(offset)
        if !isArchived, lastLetter ?? (-1, -1) != (generation, offset) { lettersAlone += 1 }
        lastLetter = (generation, offset)
        highest = max(highest ?? offset, offset)
        return isArchived ? .archivedToo : .alone
    }

    /// Compares the counts with the ledgers.
    func compare(_ findings: inout Findings) {
        for ledger in ledgers { checkSums(ledger, &findings) }
        let place = "partition \(partition)"
        let promised = ledgers.reduce(0) { $0 &+ $1.rows }
        if promised != rows {
            findings.add(place, "offsets says \(promised) rows, the table holds \(rows)")
        }
        for offset in rowsOutside {
            findings.add(place, "a row lies at offset \(offset), outside what was claimed")
        }
        if outside > rowsOutside.count {
            findings.add(place, "more rows lie outside what was claimed", times: outside - rowsOutside.count)
        }
        checkRepetitions(place, &findings)
        // A dead letter that another sink sent may be of a record that is counted as repeated.
        let dead = ledgers.reduce(0) { $0 &+ $1.dead &+ $1.repeated }
        if lettersAlone > dead {
            findings.add(place, "dead letters lie at \(lettersAlone) positions without a row, offsets knows of \(dead)")
        }
        guard let single else { return }
        if let highest, highest > single.lastOffset ?? -1 {
            findings.add(place, "a record lies at offset \(highest), behind last_offset of offsets")
        }
    }

    private func checkSums(_ ledger: StoredArchive.Ledger, _ findings: inout Findings) {
        let place =
            ledgers.count == 1 ? "partition \(partition)" : "partition \(partition), generation \(ledger.generation)"
        let counts = [
            ("first_claimed", ledger.firstClaimed), ("read", ledger.read), ("rows", ledger.rows),
            ("repeated", ledger.repeated), ("dropped", ledger.dropped), ("dead", ledger.dead),
            ("holes", ledger.holes), ("lost", ledger.lost),
        ]
        for (name, value) in counts where value < 0 { findings.add(place, "\(name) is below 0") }
        if ledger.next < ledger.firstClaimed { findings.add(place, "next lies before first_claimed") }
        let parts = ledger.rows &+ ledger.repeated &+ ledger.dropped &+ ledger.dead
        if ledger.read != parts {
            findings.add(place, "read is \(ledger.read), rows + repeated + dropped + dead is \(parts)")
        }
        if ledger.lost > ledger.holes { findings.add(place, "more are lost than there are holes") }
        let span = ledger.next &- ledger.firstClaimed
        if span != ledger.read &+ ledger.holes {
            findings.add(place, "next - first_claimed is \(span), read + holes is \(ledger.read &+ ledger.holes)")
        }
        if let last = ledger.lastOffset {
            if !ledger.range.contains(last) { findings.add(place, "last_offset lies outside what was claimed") }
        } else if ledger.rows &+ ledger.repeated &+ ledger.dead > 0 {
            findings.add(place, "there are records, and last_offset is not set")
        }
    }

    private func checkRepetitions(_ place: String, _ findings: inout Findings) {
        let repetitions = positions.repetitions
        var start = 0
        while start < repetitions.count {
            let offset = repetitions[start]
            var end = start + 1
            while end < repetitions.count, repetitions[end] == offset { end += 1 }
            // Each topic of the name has a record of its own at the position.
            let allowed = ledgers.count { $0.range.contains(offset) } - 1
            if end - start > allowed {
                findings.add(place, "offset \(offset) is in \(end - start + 1) rows", times: end - start - allowed)
            }
            start = end
        }
    }
}
