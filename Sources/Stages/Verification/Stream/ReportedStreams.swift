internal import FoundationEssentials
public import Pipeline

/// The streams that runs say they have delivered: read from the file of `--report`, so that a stream of any settings can
/// be made again without giving them once more.
public enum ReportedStreams {
    private struct Run: Decodable {
        var pipeline: String
        var outcome: String
        var records: Int64
        var givenUp: Int64
        var stages: [Stage]

        enum CodingKeys: String, CodingKey {
            case pipeline, outcome, records, stages
            case givenUp = "given_up"
        }
    }

    private struct Stage: Decodable {
        var name: String
        var dropped: Int64
        var dead: Int64
        var stream: Stream?
    }

    private struct Stream: Decodable {
        var seed: Int64
        var first: Int64
        var clock: String
        var start: String
        var step: Int64
        var shard: Int32
        var atms: Int
        var wander: String
        var status: [String: String]
        var type: [String: String]

        enum CodingKeys: String, CodingKey {
            case seed, first, clock, start, shard, atms, wander
            case step = "step_us"
            case status = "status_code"
            case type = "transaction_type"
        }
    }

    /// Reads a report of one run, or of several side by side.
    /// - Parameter path: the file.
    /// - Returns: what each run with a generator has delivered; at least one.
    /// - Throws: ``PipelineError``: `inputOutput` for a file that cannot be read, `usage` for one that is no report, or does
    ///   not say which records were delivered.
    public static func read(_ path: String) throws(PipelineError) -> [StreamExpectation] {
        guard let contents = FileManager.default.contents(atPath: path) else {
            throw PipelineError(
                .inputOutput, "cannot read the report", place: path, reason: "it is not there or not readable",
                remedy: "Name the file that a run wrote with --report")
        }
        let decoder = JSONDecoder()
        let runs: [Run]
        do {
            let isArray = contents.first { !UnicodeScalar($0).properties.isWhitespace } == UInt8(ascii: "[")
            runs =
                isArray
                ? try decoder.decode([Run].self, from: contents) : [try decoder.decode(Run.self, from: contents)]
        } catch {
            throw refusal(path, "it is no report of a run, or one of an earlier version")
        }
        var expectations: [StreamExpectation] = []
        for run in runs {
            guard let stream = run.stages.first?.stream else { continue }
            expectations.append(try expectation(run, stream, path))
        }
        guard !expectations.isEmpty else { throw refusal(path, "no run in it had a generator for its source") }
        return expectations
    }

    private static func expectation(
        _ run: Run, _ stream: Stream, _ path: String
    ) throws(PipelineError) -> StreamExpectation {
        // Which of the records that were made have arrived is known only where all have, up to the stop.
        guard run.outcome != "failed", run.outcome != "running", run.givenUp == 0 else {
            throw refusal(path, "the run \(run.pipeline) ended before all that it had made was delivered")
        }
        if let stage = run.stages.first(where: { $0.dropped != 0 || $0.dead != 0 }) {
            throw refusal(path, "its stage \(stage.name) left records out, and the report does not say which")
        }
        guard let settings = settings(stream), let clock = Generator.Clock(rawValue: stream.clock),
            stream.first >= 0, run.records >= 0,
            case let (end, isTooFar) = stream.first.addingReportingOverflow(run.records),
            !isTooFar
        else { throw refusal(path, "the stream in it is none that a generator makes") }
        return StreamExpectation(settings: settings, indices: stream.first..<end, clock: clock)
    }

    /// Nil for values out of the ranges a generator takes.
    private static func settings(_ stream: Stream) -> TransactionSettings? {
        func weights(_ given: [String: String], _ words: [String]) -> [Double]? {
            let values = words.compactMap { given[$0].flatMap { Double($0) } }
            guard values.count == words.count, given.count == words.count,
                values.allSatisfy({ 0...1e9 ~= $0 }), values.contains(where: { $0 > 0 })
            else { return nil }
            return values
        }
        guard let start = Timestamp(rfc3339: stream.start),
            let status = weights(stream.status, TransactionWords.statuses),
            let type = weights(stream.type, TransactionWords.types), let wander = Bool(stream.wander),
            stream.seed >= 0, 1...3_600_000_000 ~= stream.step, stream.shard >= 0, 1...9_999 ~= stream.atms
        else { return nil }
        return TransactionSettings(
            seed: stream.seed, start: start, stepMicroseconds: stream.step, shard: stream.shard, atms: stream.atms,
            statusWeights: status, typeWeights: type, wander: wander)
    }

    private static func refusal(_ path: String, _ reason: String) -> PipelineError {
        PipelineError(
            .usage, "cannot tell the stream from the report", place: path, reason: reason,
            remedy: "Name the report of a run that put a generator's stream into the archive's topic, or use --stream")
    }
}
