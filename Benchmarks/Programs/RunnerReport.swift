import Foundation

/// The part of `--report` that benchmarks read.
struct RunnerReport: Decodable {
    /// One stage.
    struct Stage: Decodable {
        /// The percentiles of the schedule lag, in milliseconds.
        struct Lag: Decodable {
            var p50: Double
            var p99: Double
            var max: Double
        }

        /// The second that was furthest from its target.
        struct WorstSecond: Decodable {
            var records: Int
            var target: Int
            var deviationPercent: Double
        }

        var name: String
        var type: String
        var out: Int
        var scheduleLagMs: Lag?
        var worstSecond: WorstSecond?
        var notCaughtUp: Int?
    }

    var outcome: String
    /// Delivered records.
    var records: Int
    var recordsPerSecond: Double
    var elapsedSeconds: Double
    var balanced: Bool
    /// Source, transforms, sinks.
    var stages: [Stage]

    /// Reads a report.
    /// - Throws: ``BenchmarkFailure`` if it is none.
    init(contents: Data) throws(BenchmarkFailure) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            self = try decoder.decode(Self.self, from: contents)
        } catch {
            throw BenchmarkFailure("cannot read the runner's report", reason: "\(error)")
        }
    }

    /// A stage by its type.
    /// - Throws: ``BenchmarkFailure`` if there is none.
    func stage(_ type: String) throws(BenchmarkFailure) -> Stage {
        guard let stage = stages.first(where: { $0.type == type }) else {
            throw BenchmarkFailure("cannot read the runner's report", reason: "it has no stage of type \(type)")
        }
        return stage
    }
}
