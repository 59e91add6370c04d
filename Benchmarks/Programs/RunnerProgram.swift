import Driving
import Foundation

/// The runner, run the way a person runs it.
struct RunnerProgram {
    /// A run that is to be measured.
    struct Run {
        /// The pipeline file, from the repository's folder.
        var pipeline: String
        /// What its variables are.
        var variables: [String: String] = [:]
    }

    /// The executable.
    let path: String
    /// Where reports and output go while a run lasts.
    let folder: String

    /// The command of a run.
    /// - Parameters:
    ///   - run: the run.
    ///   - report: where its report goes.
    func command(_ run: Run, report: String) -> Command {
        Command(
            path, [run.pipeline, "-q", "--report", report], variables: run.variables)
    }

    /// Runs a pipeline to its end.
    /// - Parameters:
    ///   - run: the run.
    ///   - expected: how many records its source has to give, or nil where time ends it.
    /// - Returns: its report and what it has cost.
    /// - Throws: ``DriverFailure`` if it fails or moved another number of records: a run that did other work than
    ///   the one beside it must not be compared with it.
    func measure(
        _ run: Run, expecting expected: Int?
    ) throws(DriverFailure) -> (report: RunnerReport, ending: ChildProcess.Ending) {
        let path = "\(folder)/report.json"
        let ending = try ChildProcess.run(command(run, report: path), in: folder)
        let report = try RunnerReport(contents: FileManager.default.contents(atPath: path) ?? Data())
        let given = report.stages.first?.out ?? 0
        guard report.balanced, expected == nil || given == expected else {
            throw DriverFailure(
                "the run of \(run.pipeline) does not count",
                reason: "its source gave \(given) records, expected \(expected.map { "\($0)" } ?? "any"); "
                    + "the ledger is \(report.balanced ? "" : "not ")balanced")
        }
        return (report, ending)
    }

    /// Runs a pipeline to its end.
    /// - Parameters:
    ///   - run: the run.
    ///   - records: how many records its source has to give.
    /// - Throws: ``DriverFailure`` if it fails or moved another number of records.
    func sample(_ run: Run, records: Int) throws(DriverFailure) -> Sample {
        let (report, ending) = try measure(run, expecting: records)
        return Sample(records: records, seconds: report.elapsedSeconds, ending)
    }
}
