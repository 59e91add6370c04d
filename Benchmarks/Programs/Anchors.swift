import Driving
import Foundation

/// The plain C and C++ programs that do the least the same work takes; each prints one line of JSON.
struct Anchors {
    private struct Line: Decodable {
        var seconds: Double
        var messages: Int?
        var rows: Int?
        var failed: Int?
    }

    /// How much `archive` lets librdkafka fetch ahead. It sets its rate: what is fetched is read in less than the second
    /// that librdkafka may take to look for room again, so a faster machine needs a longer queue.
    struct Queue {
        /// Messages a partition.
        var messages: Int
        /// Memory for all of them.
        var mebibytes: Int

        /// Those it is tried with.
        static let candidates = [
            Queue(messages: 300_000, mebibytes: 128), Queue(messages: 600_000, mebibytes: 256),
            Queue(messages: 1_000_000, mebibytes: 512),
        ]

        /// As a table shows it.
        var text: String { "\(Figures.count(Double(messages))) messages and \(mebibytes) MiB queued" }

        fileprivate var properties: [String] {
            ["queued.min.messages=\(messages)", "queued.max.messages.kbytes=\(mebibytes << 10)"]
        }
    }

    /// The folder they were built into.
    let folder: String
    /// Where their output goes while they run.
    let work: String

    /// `produce`: librdkafka, idempotent, lz4, linger 50 ms, one message at a time.
    func produce(_ count: Int, to topic: String, at brokers: String) throws(DriverFailure) -> Sample {
        try sample(Command("\(folder)/produce", [brokers, topic, "\(count)"]), count)
    }

    /// `archive`: librdkafka's batches, simdjson, one prepared INSERT, rows and offsets in one transaction.
    /// - Parameters:
    ///   - queue: how much is fetched ahead.
    ///   - options: further arguments.
    func archive(
        _ count: Int, from topic: String, at brokers: String, into database: String, queue: Queue,
        options: [String] = []
    ) throws(DriverFailure) -> Sample {
        try sample(
            Command("\(folder)/archive", [brokers, topic, "\(count)", database] + options + queue.properties), count)
    }

    private func sample(_ command: Command, _ count: Int) throws(DriverFailure) -> Sample {
        let ending = try ChildProcess.run(command, in: work)
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(ending.output.utf8)) else {
            throw DriverFailure("cannot read what \(command.program) printed", reason: ending.output)
        }
        // It takes whole batches and may take more than it was asked for.
        let done = line.messages ?? line.rows ?? 0
        guard done >= count, line.failed ?? 0 == 0 else {
            throw DriverFailure(
                "the run of \(command.program) does not count",
                reason: "\(done) of \(count) records, \(line.failed ?? 0) failed")
        }
        return Sample(records: done, seconds: line.seconds, ending)
    }
}
