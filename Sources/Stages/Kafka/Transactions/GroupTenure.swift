internal import Pipeline

/// Under which of its group's assignments a producer writes. A transaction holds records of one assignment alone: when
/// that has ended, what is not committed belongs to another member.
struct GroupTenure {
    let group: any ConsumerGroup
    /// The assignment that the open transaction is of; nil while there is none.
    private(set) var assignment: GroupAssignment?
    private var last = 0

    init(_ group: any ConsumerGroup) {
        self.group = group
    }

    /// Whether the source has given its partitions back, or they were taken from it.
    var hasEnded: Bool {
        guard let assignment else { return false }
        return group.assignment?.generation != assignment.generation
    }

    /// Whether a batch is of the assignment.
    func covers(_ batch: Batch) -> Bool { batch.generation == assignment?.generation }

    /// Ends the assignment; it does not come back.
    mutating func end() {
        assignment = nil
    }

    /// Takes the next assignment if there is one.
    /// - Returns: the assignment, if it is a new one.
    mutating func follow() -> GroupAssignment? {
        guard assignment == nil, let next = group.assignment, next.generation > last else { return nil }
        last = next.generation
        assignment = next
        return next
    }
}
