/// The consumer group that a source is a member of, for a sink that commits the group's positions together with the
/// records.
public protocol ConsumerGroup: AnyObject, Sendable {
    /// The group's name.
    var name: String { get }

    /// What the source reads now; nil while it has nothing. Batches carry its generation, and the first of a generation
    /// comes after this says so. It is withdrawn as soon as the source cannot hold it any more. From any thread, never
    /// waits.
    var assignment: GroupAssignment? { get }

    /// The positions that the group has of these partitions, once no transaction on them is in doubt any more.
    ///
    /// Blocks for at most a second. From any thread, between the source's `start` and its `close`.
    /// - Parameter partitions: partitions of the assignment; one without a position is left out of the answer.
    /// - Throws: ``PipelineError``, retriable, if nobody answered in time.
    func committedPositions(of partitions: [Int32]) throws -> [Int32: Int64]
}

/// Partitions that a group has given to one of its members, until it takes them back.
public struct GroupAssignment: Sendable, Hashable {
    /// Grows with every assignment of a source; at least 1.
    public var generation: Int
    /// Where each partition begins: the position that the group had.
    public var starts: [Int32: Int64]
    /// By what the group knows its member, in the words of its broker's client. A commit under an earlier membership is
    /// refused.
    public var membership: [UInt8]

    /// Makes an assignment.
    /// - Parameters:
    ///   - generation: grows with every assignment.
    ///   - starts: where each partition begins.
    ///   - membership: by what the group knows its member.
    public init(generation: Int, starts: [Int32: Int64], membership: [UInt8]) {
        self.generation = generation
        self.starts = starts
        self.membership = membership
    }
}
