/// The part of a generator's stream that archives are to hold.
public struct StreamExpectation: Sendable, Hashable {
    /// What decides the stream.
    public var settings: TransactionSettings
    /// The numbers of the records.
    public var indices: Range<Int64>
    /// The time that the records carry.
    public var clock: Generator.Clock

    /// Names a part of a stream.
    /// - Parameters:
    ///   - settings: what decides the stream, within the ranges they state.
    ///   - indices: the numbers of the records, none below 0.
    ///   - clock: the time that the records carry: the schedule's, or when each was sent.
    public init(settings: TransactionSettings, indices: Range<Int64>, clock: Generator.Clock) {
        self.settings = settings
        self.indices = indices
        self.clock = clock
    }
}
