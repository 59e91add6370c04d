internal import Synchronization

/// A group in the broker that is told how far the archive is, so that the usual tools show its lag. The archive alone says
/// where reading goes on; what is told here is never read back.
final class LagGroup: Sendable {
    let name: String
    let topic: String
    /// How a client of its own is configured.
    let properties: [[String: String]]
    let log: ClientLog
    private let positions = Mutex<[Int32: Int64]>([:])

    /// - Parameters:
    ///   - name: the group; nil makes nothing.
    ///   - topic: the topic.
    ///   - properties: where the cluster is and how to speak with it, in layers.
    ///   - log: where the client writes.
    init?(_ name: String?, topic: String, properties: [[String: String]], log: ClientLog) {
        guard let name else { return nil }
        self.name = name
        self.topic = topic
        self.properties = properties
        self.log = log
    }

    /// Hears how far the archive is. Waits for nobody.
    func advance(to watermark: [Int32: Int64]) {
        positions.withLock { $0.merge(watermark) { _, new in new } }
    }

    /// The newest positions that differ from others.
    func news(since told: [Int32: Int64]) -> [Int32: Int64] {
        positions.withLock { $0.filter { told[$0.key] != $0.value } }
    }
}
