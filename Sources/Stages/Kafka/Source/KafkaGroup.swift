internal import CRDKafka
internal import Pipeline
internal import Synchronization

/// A source's group as a sink sees it that commits for it: what the source reads now, and what is committed.
final class KafkaGroup: ConsumerGroup {
    private struct Reading {
        var client: KafkaClient
        var topic: String
    }

    private static let timeout = Duration.seconds(1)

    let name: String
    // Written by the attendant's thread, read by the sink's.
    private let current = Mutex<GroupAssignment?>(nil)
    // Held while the sink asks, so that the client is not destroyed under it.
    private let reading = Mutex<Reading?>(nil)

    init(name: String) {
        self.name = name
    }

    var assignment: GroupAssignment? { current.withLock { $0 } }

    func committedPositions(of partitions: [Int32]) throws -> [Int32: Int64] {
        try reading.withLock { reading in
            guard let reading else {
                throw PipelineError(
                    .unavailable, "cannot ask for the positions of the group \(name)", reason: "its member has ended")
            }
            do throws(KafkaError) {
                return try reading.client.committed(reading.topic, partitions, timeout: Self.timeout)
            } catch {
                throw PipelineError(
                    .unavailable, "cannot ask for the positions of the group \(name)", reason: error.reason,
                    isRetriable: true)
            }
        }
    }

    // MARK: - What the source tells

    /// Tells of the client that is the member, which ``end()`` comes before the end of.
    func begin(_ client: KafkaClient, topic: String) {
        reading.withLock { $0 = Reading(client: client, topic: topic) }
    }

    /// Waits until nobody uses the client any more.
    func end() {
        withdraw()
        reading.withLock { $0 = nil }
    }

    /// Tells of new partitions.
    func assign(_ assignment: GroupAssignment) {
        current.withLock { $0 = assignment }
    }

    /// Tells that the partitions are gone.
    func withdraw() {
        current.withLock { $0 = nil }
    }
}
