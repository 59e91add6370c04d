import Pipeline

/// Gives the same batch again and again, with claims that go on, so that making records costs nothing.
actor RepeatingSource: Source {
    private let batch: Batch
    private var rest: Int
    private var next: Int64 = 0

    /// - Parameters:
    ///   - batch: the batch, of one partition.
    ///   - times: how often it is given.
    init(_ batch: Batch, times: Int) {
        self.batch = batch
        rest = times
    }

    func open(_ context: SourceContext) async throws {}

    func next(atMost count: Int) async throws -> SourceOutput {
        guard rest > 0 else { return .end }
        rest -= 1
        var batch = batch
        let end = next + Int64(batch.records.count)
        batch.claims = [Claim(partition: 0, from: next, to: end)]
        next = end
        return .batch(batch)
    }
}
