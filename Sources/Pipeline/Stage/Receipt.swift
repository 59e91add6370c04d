/// A record that a sink does not take, by its index in the batch's records.
public struct Rejection: Sendable, Hashable {
    /// Index in `batch.records`.
    public var index: Int
    /// Why, without the record's bytes.
    public var reason: String

    /// Makes a rejection.
    /// - Parameters:
    ///   - index: index in `batch.records`.
    ///   - reason: why, without the record's bytes.
    public init(index: Int, reason: String) {
        self.index = index
        self.reason = reason
    }
}

/// Acknowledges one batch: the sink holds it durably by its own definition.
public struct Receipt: Sendable {
    private let settle: @Sendable ([Rejection]) -> Void

    /// Makes a receipt.
    /// - Parameter settle: hears, once, which records were rejected.
    public init(_ settle: @escaping @Sendable ([Rejection]) -> Void) {
        self.settle = settle
    }

    /// Acknowledges the batch. From any thread, never waits; a second call, or one after the sink was closed, has no
    /// effect.
    /// - Parameter rejected: records no retry can help; the runtime brings them to the place for dead letters.
    public func acknowledge(rejecting rejected: [Rejection] = []) {
        settle(rejected)
    }
}
