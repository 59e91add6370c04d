import Driving
import Foundation

/// What a benchmark may use: programs, broker, a folder, and how much is to be measured.
struct Surroundings {
    /// The options of the command line.
    let options: Options
    /// The runner.
    let runner: RunnerProgram
    /// The plain C programs, or nil where they were not built.
    let anchors: Anchors?
    /// The broker's topics, or nil where no broker was given.
    let topics: Topics?
    /// A folder for whatever a run writes; its maker removes it.
    let folder: String
    /// Shows what is being done.
    let progress: (String) -> Void

    /// Runs contestants in turn, as often as the options say.
    func alternate(_ contestants: [Contestant]) throws -> [Series] {
        try Alternation(rounds: options.pairs, progress: progress).run(contestants)
    }

    /// The broker's topics.
    /// - Throws: ``DriverFailure`` where no broker was given.
    func requireTopics() throws(DriverFailure) -> Topics {
        guard let topics else {
            throw DriverFailure("a broker is needed", reason: "--brokers was not given; scripts/bench.sh starts one")
        }
        return topics
    }

    /// Gives the path of a database that is not there; it is there no more when the next is asked for.
    ///
    /// The one before is removed now and not after its run: its gigabyte of page cache then goes straight to this run. A
    /// virtual machine that is given free memory for longer than a moment returns it to its host, and getting it back
    /// costs more than writing to it, up to a third of an archive's processor time, as chance will have it.
    func withDatabase<Result>(_ body: (String) throws -> Result) throws -> Result {
        let path = "\(folder)/bench.db"
        for suffix in ["", "-wal", "-shm", ".lock"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        // What the run before left for the disk would be written at the cost of this one.
        sync()
        return try body(path)
    }
}
