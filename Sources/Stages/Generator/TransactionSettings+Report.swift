internal import Pipeline

extension TransactionSettings {
    /// The stream as a run's report has it, under the names of the pipeline file; `runner verify --from-report` reads it.
    ///
    /// Weights are text: a report's numbers are rounded, and a stream follows from the last bit of each.
    /// - Parameters:
    ///   - first: the number of the first record that the run made.
    ///   - clock: the time its records carry.
    func reported(from first: Int64, clock: Generator.Clock) -> Measurement.Value {
        func weights(_ words: [String], _ values: [Double]) -> Measurement.Value {
            .object(Dictionary(uniqueKeysWithValues: zip(words, values.map { .text("\($0)") })))
        }
        return .object([
            "seed": .integer(seed), "first": .integer(first), "clock": .text(clock.rawValue),
            "start": .text(start.rfc3339), "step_us": .integer(stepMicroseconds), "shard": .integer(Int64(shard)),
            "atms": .integer(Int64(atms)), "wander": .text("\(wander)"),
            "status_code": weights(TransactionWords.statuses, statusWeights),
            "transaction_type": weights(TransactionWords.types, typeWeights),
        ])
    }
}
