/// What the source sets of librdkafka by itself; a file's `properties` override it where it may.
enum ConsumerProperties {
    /// Messages that wait for each partition, the memory for all of them, and how much one answer brings for a partition
    /// (compressed): a few milliseconds of reading at full speed, which is enough since the attendant has librdkafka
    /// fetch again at once. Twice as much of each was no faster and took 30 MB more, half of it was slower.
    static let queuedMessages = 10_000
    private static let queuedBytes = 12 << 20
    private static let fetchedBytes = 512 << 10

    /// The properties.
    /// - Parameters:
    ///   - settings: the source's settings.
    ///   - findings: what the cluster is.
    static func properties(_ settings: KafkaSourceSettings, _ findings: ClusterProbe.Findings) -> [String: String] {
        let queued = min(8 << 20, max(256 << 10, queuedBytes / max(1, Int(findings.partitions))))
        var properties = [
            "bootstrap.servers": settings.connection.brokers,
            "enable.auto.commit": "false",
            "enable.auto.offset.store": "false",
            "enable.partition.eof": "true",
            // Without a group the source itself goes on at the log's beginning, and counts what is lost. In a group only
            // below the log's beginning does "earliest" lead on, and the gap is told; beyond the log's end it leads
            // back, which the collector refuses. "latest" would skip records in silence.
            "auto.offset.reset": settings.group == nil ? "error" : "earliest",
            "isolation.level": "read_committed",
            "queued.min.messages": "\(queuedMessages)",
            "queued.max.messages.kbytes": "\(queued >> 10)",
            "fetch.message.max.bytes": "\(min(fetchedBytes, queued))",
            "fetch.max.bytes": "\(8 << 20)",
            // How long the end of a partition can go unnoticed. The embedded broker sleeps it out in any case.
            "fetch.wait.max.ms": findings.isEmbedded ? "10" : "100",
        ]
        if let group = settings.group {
            properties["group.id"] = group
            // Cooperative assignment is unsafe in 2.0.2 (its changelog, 2.1 to 2.3).
            properties["partition.assignment.strategy"] = "range"
        }
        return properties
    }
}
