/// A record that no retry can help, with the stage that said so and its reason. It travels with its batch and claim
/// to the sink named by `dead_letters`.
public struct DeadRecord: Sendable, Hashable {
    /// The record; its ranges are in the batch's buffer.
    public var record: Record
    /// Name of the stage that rejected it.
    public var stage: String
    /// Why, in words; never contains the record's bytes.
    public var reason: String

    /// Makes a dead record.
    /// - Parameters:
    ///   - record: the record.
    ///   - stage: name of the stage that rejected it.
    ///   - reason: why, without the record's bytes.
    public init(record: Record, stage: String, reason: String) {
        self.record = record
        self.stage = stage
        self.reason = reason
    }
}
