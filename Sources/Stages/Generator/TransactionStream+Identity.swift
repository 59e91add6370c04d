public import Pipeline

extension TransactionStream {
    /// The name under which sinks keep positions of this stream: seed, start and shard, so that another one of these is
    /// another stream.
    public var identity: StreamIdentity {
        StreamIdentity(
            cluster: "generator",
            topic: "seed=\(settings.seed) start=\(settings.start.rfc3339) shard=\(settings.shard)")
    }

    /// The seed of a stream that a sink has kept.
    /// - Parameter identity: what the sink has kept.
    /// - Returns: nil if it is no generator's stream.
    public static func seed(of identity: StreamIdentity) -> Int64? {
        guard identity.cluster == "generator", let match = identity.topic.prefixMatch(of: /seed=(\d+)\s/) else {
            return nil
        }
        return Int64(match.1)
    }
}
