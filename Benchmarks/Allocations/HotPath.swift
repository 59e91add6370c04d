import Driving

/// A way that every record takes in some pipeline, or a part of one by itself, and how many allocations it may make a
/// record.
struct HotPath: Sendable {
    /// Where its records come from or go to.
    enum Broker: Sendable {
        /// It has to do with none.
        case none
        /// It reads a filled topic to its end.
        case reads
        /// It writes into a fresh topic.
        case writes
    }

    /// As the table shows it.
    var name: String
    /// What is run, at two lengths.
    var program: MeasuredProgram
    /// What it does with topics.
    var broker: Broker
    /// Records of the shorter of its two runs.
    var records: Int
    /// The most allocations a record that are ours. None is made for a record; what is left is made for a batch of some
    /// thousand, and how many records a batch has depends on the moment.
    var limit: Double

    /// All that are watched. Measured were 0.001 to 0.006, the same each time; from Kafka 0.003 to 0.05, by how much the
    /// broker has ready, so that the limit there leaves room and still notices one allocation in ten records.
    static let all = [
        HotPath(
            name: "generator → discard", program: .pipeline("Benchmarks/Pipelines/generate.json"), broker: .none,
            records: 1_000_000, limit: 0.01),
        HotPath(
            name: "generator → rate-gate (unlimited) → ttl → filter → discard",
            program: .pipeline("Benchmarks/Pipelines/transforms.json"), broker: .none, records: 1_000_000, limit: 0.01),
        HotPath(
            name: "generator → sqlite, keyed", program: .pipeline("Benchmarks/Pipelines/generate-archive.json"),
            broker: .none,
            records: 300_000, limit: 0.01),
        HotPath(
            name: "generator → kafka", program: .pipeline("pipelines/produce.json"), broker: .writes, records: 300_000,
            limit: 0.01),
        HotPath(
            name: "kafka → discard", program: .pipeline("Benchmarks/Pipelines/discard.json"), broker: .reads,
            records: 300_000,
            limit: 0.1),
        HotPath(
            name: "kafka → sqlite, keyed", program: .pipeline("Benchmarks/Pipelines/archive.json"), broker: .reads,
            records: 300_000, limit: 0.1),
        HotPath(
            name: "the generator by itself", program: .probe(.generator, []), broker: .none, records: 1_000_000,
            limit: 0.01),
        HotPath(
            name: "the parse of eleven fields by itself", program: .probe(.parse, [11]), broker: .none,
            records: 500_000, limit: 0.01),
        HotPath(
            name: "a channel by itself, a batch", program: .probe(.channel, [1_000]), broker: .none, records: 200_000,
            // A wait may make the task's own stack grow, and how often the two wait for each other follows from the machine's
            // load: below 0.05 on a quiet one, up to 0.23 on a busy one.
            limit: 0.5),
    ]
}
