import Driving
import Pipeline
import Stages

/// A batch of the transactions that all benchmarks are about.
enum SampleBatch {
    /// A generator that is open, outside any pipeline.
    static func generator() async throws -> Generator {
        let generator = Generator(Generator.Configuration(stream: TransactionSettings(seed: 42)))
        let stage = StageContext(name: "generator", pipeline: "probe", log: .none, clock: SystemClock()) { _ in }
        try await generator.open(SourceContext(stage: stage, owners: []))
        return generator
    }

    /// Makes a batch.
    /// - Parameter records: how many records it has, 1 to 10,000.
    static func make(records: Int) async throws -> Batch {
        guard case .batch(let batch) = try await generator().next(atMost: records), batch.records.count == records
        else { throw DriverFailure("cannot make a batch of \(records) records", reason: "that is too many") }
        return batch
    }
}
