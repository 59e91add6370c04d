import Pipeline
import Stages

/// The generator asked for batch after batch by one task, which drops them.
struct GeneratorProbe {
    /// How many records are made.
    var records: Int

    func run() async throws -> Probe.Reading {
        let generator = try await SampleBatch.generator()
        return try await Probe.measure(records: records) {
            var rest = records
            while rest > 0, case .batch(let batch) = try await generator.next(atMost: min(rest, 10_000)) {
                rest -= batch.records.count
            }
        }
    }
}
