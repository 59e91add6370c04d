internal import Pipeline

/// The partitions that a source reads, and whose turn it is: those furthest behind in time first, so that partitions stay
/// side by side.
struct PartitionReaders {
    var all: [PartitionReader] = []

    /// The next position of each partition.
    var positions: [Int32: Int64] {
        Dictionary(all.map { ($0.partition, $0.next) }) { _, last in last }
    }

    /// Whether nothing is left to read of any.
    var areFinished: Bool { all.allSatisfy(\.isFinished) }

    /// What a batch made now answers for.
    var claims: [Claim] { all.compactMap(\.claim) }

    /// Begins the next claims.
    mutating func commitClaims() {
        for index in all.indices { all[index].commitClaim() }
    }

    /// The reader that is furthest behind.
    /// - Parameter passed: those whose turn is over.
    func furthestBehind(_ passed: [Bool]) -> Int? {
        var found: Int?
        for index in all.indices where !passed[index] && !all[index].isFinished {
            if let other = found, !all[index].progress.isBehind(all[other].progress) { continue }
            found = index
        }
        return found
    }

    /// Whether another one stands at the same time.
    func hasAnother(atTimeOf index: Int, _ passed: [Bool]) -> Bool {
        let time = all[index].progress.time
        return all.indices.contains { other in
            other != index && !passed[other] && !all[other].isFinished && all[other].progress.time == time
        }
    }

    /// Partitions of which little waits here and more is at the broker, as far as known. Where all of it is here already
    /// the broker is asked for nothing: it would answer behind the fetch that waits for more, and closing would wait for
    /// the answer, up to a tenth of a second.
    func hungry(_ client: KafkaClient, _ topic: String) -> [Int32] {
        all.filter { reader in
            if reader.isAtEnd || reader.isFinished { return false }
            let waiting = reader.queue.count
            guard waiting < ConsumerProperties.queuedMessages else { return false }
            let high = client.cachedHigh(topic, reader.partition)
            return high < 0 || reader.next + Int64(waiting) < high
        }.map(\.partition)
    }

    /// Gives the partitions' queues back.
    mutating func destroy() {
        for reader in all { reader.queue.destroy() }
        all = []
    }
}
