import Driving
import Pipeline
import Stages

/// A pipeline whose stages do nothing: what is left is what moving batches costs.
struct HopProbe {
    /// How many batches are moved.
    var batches: Int
    /// How many records are in each.
    var batchRecords: Int
    /// How many pass-through stages there are.
    var stages: Int

    func run() async throws -> Probe.Reading {
        let batch = try await SampleBatch.make(records: batchRecords)
        let source = RepeatingSource(batch, times: batches)
        let parts = PipelineParts(
            name: "hop", source: NamedStage(name: "repeating", type: "repeating", stage: source),
            transforms: (0..<stages).map { index in
                NamedStage(name: "pass-\(index)", type: "pass", stage: PassThrough() as any Transform)
            },
            sinks: [.init(NamedStage(name: "discard", type: "discard", stage: DiscardSink()))])
        let run = PipelineRun(parts, clock: SystemClock(), log: .none)
        let records = batches * batchRecords
        return try await Probe.measure(records: records) {
            let report = await run.run()
            guard report.records == records, report.isBalanced else {
                throw DriverFailure(
                    "the hop does not count", reason: report.error?.description ?? "it moved \(report.records) records")
            }
        }
    }
}
