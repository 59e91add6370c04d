internal import Pipeline

/// Tells whether a topic is still the one whose positions an owner has stored. Kafka itself does not say: librdkafka 2.0.2
/// knows no topic ids, and an offset of the old log is as good a number in the new one.
///
/// The record that was stored last is looked for at its place. What cannot be looked at proves nothing: retention may have
/// taken the record, or compaction. Pure.
struct ResetCheck: Sendable {
    /// What an owner has stored of a topic.
    struct Stored: Sendable {
        var stream: StreamIdentity
        var positions: [Int32: Int64] = [:]
        var marks: [Int32: RecordMark] = [:]
    }

    /// Where the topic is another one.
    struct Difference: Sendable, Hashable {
        /// `topic-partition-offset`, or the topic.
        var place: String
        var reason: String
    }

    private(set) var differences: [Difference] = []
    /// Partitions that are to begin anew, if any may.
    private(set) var restarts: [Int32] = []
    /// Partitions whose marked record is gone without proof that compaction took it.
    private(set) var unexplained: [Int32] = []

    /// The offsets at which a record must be looked for: those of the marks that the logs still reach.
    static func offsets(_ stored: Stored, _ bounds: [Int32: StartPositions.Bounds]) -> [Int32: Int64] {
        stored.marks.mapValues(\.offset).filter { partition, offset in
            bounds[partition].map { ($0.low..<$0.high).contains(offset) } ?? false
        }
    }

    /// Compares.
    /// - Parameters:
    ///   - stored: what the owner holds.
    ///   - stream: the topic that is there.
    ///   - bounds: the logs of the partitions in question.
    ///   - found: what stands at the offsets that ``offsets(_:_:)`` gave.
    ///   - isCompacted: whether the topic's records may go one by one; nil if nobody says.
    init(
        _ stored: Stored, _ stream: StreamIdentity, _ bounds: [Int32: StartPositions.Bounds],
        found: [Int32: RecordMark?], isCompacted: Bool?
    ) {
        let known = stored.positions.filter { bounds[$0.key] != nil }
        var same: Set<Int32> = []
        var other: Set<Int32> = []
        if stored.stream.cluster != stream.cluster {
            differences.append(
                Difference(
                    place: stream.topic,
                    reason: "what is stored comes from the cluster \(stored.stream.cluster), and this is the cluster "
                        + stream.cluster))
        }
        for (partition, next) in known.sorted(by: { $0.key < $1.key }) {
            let end = bounds[partition]?.high ?? 0
            if next > end {
                other.insert(partition)
                differences.append(
                    Difference(
                        place: "\(stream.topic)-\(partition)-\(next)",
                        reason: "the partition ends at \(end), before what is stored of it"))
                continue
            }
            guard let mark = stored.marks[partition], let here = found[partition] else { continue }
            if here == mark {
                same.insert(partition)
                continue
            }
            let reason: String
            if let here {
                reason =
                    "the record there is not the one that was stored: "
                    + (here.timestamp == mark.timestamp ? "its value has other bytes" : "it has another time")
            } else if isCompacted == false {
                reason = "the record that was stored is not there, nor has retention or compaction taken it"
            } else {
                if isCompacted == nil { unexplained.append(partition) }
                continue
            }
            other.insert(partition)
            differences.append(
                Difference(place: "\(stream.topic)-\(partition)-\(mark.offset)", reason: reason))
        }
        if differences.isEmpty { return }
        // One partition that is what it was shows that the topic was not made anew, and the others have lost records.
        // Without one, no stored position is good for anything, whether or not it could be looked at.
        let isAnother = stored.stream.cluster != stream.cluster || same.isEmpty
        restarts = (isAnother ? Set(known.keys) : other).sorted()
    }
}
