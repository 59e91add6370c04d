import Driving
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
    /// - Throws: ``DriverFailure`` if it is none.
    init(contents: Data) throws(DriverFailure) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            self = try decoder.decode(Self.self, from: contents)
        } catch {
            throw DriverFailure("cannot read the runner's report", reason: "\(error)")
        }
    }

    /// A stage by its type.
    /// - Throws: ``DriverFailure`` if there is none.
    func stage(_ type: String) throws(DriverFailure) -> Stage {
        guard let stage = stages.first(where: { $0.type == type }) else {
            throw DriverFailure("cannot read the runner's report", reason: "it has no stage of type \(type)")
        }
        return stage
    }
}
