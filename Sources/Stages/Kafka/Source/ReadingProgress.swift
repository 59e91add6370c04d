/// How far in time a partition is read, to be compared with another's: the one behind is read first, so that the batches
/// of a topic overlap as little as they can, and the rows of an archive come at the end of its tree and not in its middle.
///
/// Times of a millisecond are not enough: a topic written at full speed has thousands of records of each, and one partition
/// after the other would be read of them. By time alone, an archive of what our own generator wrote takes 7 % more
/// processor time a row.
struct ReadingProgress {
    private(set) var time = Int64.min
    /// Records read of that time.
    private var countAtTime = 0
    private(set) var count = 0

    /// Takes in a record.
    /// - Parameter time: its time, in any unit that is the same for all partitions.
    mutating func advance(to time: Int64) {
        countAtTime = time == self.time ? countAtTime + 1 : 1
        count += 1
        self.time = time
    }

    /// Whether the partition is behind another: by time, or at the same time by the share of it that was read. How many
    /// records of a time a partition has is not known before; that it has more of each time the more it had so far, is
    /// the best guess, and partitions of unequal size come to the next time together.
    func isBehind(_ other: ReadingProgress) -> Bool {
        if time != other.time { return time < other.time }
        // As floating-point numbers, because nothing keeps a topic from having one time alone. Then all shares are 1.
        let (own, others) = (Double(countAtTime) * Double(other.count), Double(other.countAtTime) * Double(count))
        return own == others ? count < other.count : own < others
    }
}
