internal import Pipeline

/// What a transaction ends with, so that whoever goes on later goes on behind it: how far the source is.
enum ProgressEntry: Sendable {
    /// Offsets of the source's group.
    struct Offsets: Sendable {
        /// The topic that the group reads.
        var topic: String
        /// The next position of each partition that has moved.
        var next: [Int32: Int64]
        /// As whom they are committed.
        var membership: [UInt8]
    }

    /// A record in the progress topic.
    case record(ProducerProgress)
    /// A commit for the group.
    case offsets(Offsets)
}

/// The group has gone on without the member whose records a transaction holds: another one delivers them.
struct MembershipLoss: Error {}
