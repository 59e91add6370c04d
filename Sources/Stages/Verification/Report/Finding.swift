/// One difference that a proof found: where, and what is not as it should be.
public struct Finding: Sendable, Hashable {
    /// A partition, a position, a record or a transaction's id.
    public var place: String
    /// What differs, in words.
    public var difference: String

    /// Makes a finding.
    /// - Parameters:
    ///   - place: where.
    ///   - difference: what is not as it should be.
    public init(place: String, difference: String) {
        self.place = place
        self.difference = difference
    }
}

/// The differences that a proof has found so far: all are counted, the first are kept, so that an archive of another
/// stream does not fill the memory with a finding for each of its rows.
struct Findings: Sendable, Hashable {
    /// How many are kept.
    static let shown = 10

    private(set) var count = 0
    private(set) var first: [Finding] = []

    /// Counts a difference.
    /// - Parameters:
    ///   - place: where; made only if it is kept.
    ///   - difference: what is not as it should be; made only if it is kept.
    ///   - times: how many differences it stands for.
    mutating func add(
        _ place: @autoclosure () -> String, _ difference: @autoclosure () -> String, times: Int = 1
    ) {
        count += times
        if first.count < Self.shown { first.append(Finding(place: place(), difference: difference())) }
    }

    /// Takes in differences of another sort. Each sort keeps half of the room if it needs it, so that many of one do not
    /// hide the other.
    mutating func append(_ other: Findings) {
        count += other.count
        let room = max(Self.shown - first.count, Self.shown / 2)
        let taken = other.first.prefix(room)
        first = Array(first.prefix(Self.shown - taken.count) + taken)
    }
}
