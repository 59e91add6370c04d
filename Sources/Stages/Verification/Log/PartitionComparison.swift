internal import Pipeline

/// Lays the log of one partition beside what the archive holds of it, both in the order of their offsets.
struct PartitionComparison {
    /// What is known of one record of the log and its place in the archive.
    enum Outcome {
        /// A row, a dead letter, or both, as the record is.
        case same
        /// Neither: it was dropped, or repeats another row.
        case notStored
        /// A row that is not the record's.
        case otherRow
        /// A dead letter that is not the record's.
        case otherLetter
    }

    private let rows: [ArchivedDigests.Entry]
    private let letters: [ArchivedDigests.Entry]
    private var nextRow = 0
    private var nextLetter = 0
    /// Records of the log so far.
    private(set) var records = 0
    /// Those that are stored as they are.
    private(set) var matches = 0
    /// Those that are stored in no form.
    private(set) var notStored = 0
    /// Positions that hold a dead letter and no row.
    private(set) var lettersAlone = 0
    /// Positions with a row or a dead letter for which the log has no record: how many, and the first of them.
    private(set) var absent = 0
    private(set) var firstAbsent: [Int64] = []
    /// Rows and dead letters before what the log still has.
    let gone: Int

    /// - Parameters:
    ///   - rows: those of the partition, by offset.
    ///   - letters: its dead letters, by offset.
    ///   - range: what the archive claims and the log still has.
    init(rows: [ArchivedDigests.Entry], letters: [ArchivedDigests.Entry], _ range: Range<Int64>) {
        gone = rows.count { $0.offset < range.lowerBound } + letters.count { $0.offset < range.lowerBound }
        self.rows = rows.filter { range.contains($0.offset) }
        self.letters = letters.filter { range.contains($0.offset) }
    }

    /// Takes in the next record of the log.
    /// - Parameters:
    ///   - offset: above that of the one before.
    ///   - row: the digest of the row that it should have, or nil if it can have none.
    ///   - letter: gives the digest of the dead letter that it would have; called only where there is one.
    mutating func take(_ offset: Int64, row: Int?, letter: () -> Int) -> Outcome {
        records += 1
        pass(before: offset)
        var outcome = Outcome.notStored
        let hasRow = nextRow < rows.count && rows[nextRow].offset == offset
        if hasRow {
            outcome = rows[nextRow].digest == row ? .same : .otherRow
            nextRow += 1
        }
        let hasLetter = nextLetter < letters.count && letters[nextLetter].offset == offset
        if hasLetter {
            let expected = letter()
            if !hasRow { lettersAlone += 1 }
            // One of each stage that refused the record.
            while nextLetter < letters.count, letters[nextLetter].offset == offset {
                if letters[nextLetter].digest != expected {
                    outcome = .otherLetter
                } else if outcome == .notStored {
                    outcome = .same
                }
                nextLetter += 1
            }
        }
        switch outcome {
        case .same: matches += 1
        case .notStored: notStored += 1
        case .otherRow, .otherLetter: break
        }
        return outcome
    }

    /// The log has no more records.
    mutating func finish() {
        pass(before: .max)
    }

    /// What the archive has between the last record and this one is in no record of the log.
    private mutating func pass(before offset: Int64) {
        while nextRow < rows.count, rows[nextRow].offset < offset {
            note(rows[nextRow].offset)
            nextRow += 1
        }
        while nextLetter < letters.count, letters[nextLetter].offset < offset {
            note(letters[nextLetter].offset)
            nextLetter += 1
        }
    }

    private mutating func note(_ offset: Int64) {
        absent += 1
        if firstAbsent.count < Findings.shown { firstAbsent.append(offset) }
    }
}
