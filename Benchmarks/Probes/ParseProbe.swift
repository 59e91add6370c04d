import Driving
import Pipeline

/// One batch parsed again and again for some of its fields; it stays in the processor's cache, as it does behind a
/// source on the same core.
struct ParseProbe {
    /// The generator's members in their order: the archive needs all of them, a filter a few.
    private static let names = [
        "transaction_id", "atm_id", "region_id", "amount", "status_code", "user_id", "card_number", "transaction_type",
        "location", "currency", "timestamp",
    ]

    /// How many records are parsed.
    var records: Int
    /// How many of their members are wanted.
    var fields: Int

    func run() async throws -> Probe.Reading {
        var batch = try await SampleBatch.make(records: 10_000)
        let parser = FieldParser(stage: "probe", names: Array(Self.names.prefix(fields)))
        let rounds = records / batch.records.count
        return try await Probe.measure(records: rounds * batch.records.count) {
            for _ in 0..<rounds {
                batch.fields = nil
                parser.parse(&batch)
            }
            guard batch.dead.isEmpty else {
                throw DriverFailure("the parse does not count", reason: "it rejected \(batch.dead.count) records")
            }
        }
    }
}
