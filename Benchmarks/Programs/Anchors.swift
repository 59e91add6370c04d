import Foundation

/// The plain C and C++ programs that do the least the same work takes; each prints one line of JSON.
struct Anchors {
    private struct Line: Decodable {
        var seconds: Double
        var messages: Int?
        var rows: Int?
        var failed: Int?
    }

    /// The folder they were built into.
    let folder: String
    /// Where their output goes while they run.
    let work: String

    /// `produce`: librdkafka, idempotent, lz4, linger 50 ms, one message at a time.
    func produce(_ count: Int, to topic: String, at brokers: String) throws(BenchmarkFailure) -> Sample {
        try sample(Command("\(folder)/produce", [brokers, topic, "\(count)"]), count)
    }

    /// `archive`: librdkafka's batches, simdjson, one prepared INSERT, rows and offsets in one transaction.
    /// - Parameter options: further arguments.
    func archive(
        _ count: Int, from topic: String, at brokers: String, into database: String, options: [String] = []
    ) throws(BenchmarkFailure) -> Sample {
        // Its best settings: with less queued it stands still for most of each second.
        let queue = ["queued.min.messages=300000", "queued.max.messages.kbytes=131072"]
        return try sample(
            Command("\(folder)/archive", [brokers, topic, "\(count)", database] + options + queue), count)
    }

    private func sample(_ command: Command, _ count: Int) throws(BenchmarkFailure) -> Sample {
        let ending = try ChildProcess.run(command, in: work)
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(ending.output.utf8)) else {
            throw BenchmarkFailure("cannot read what \(command.program) printed", reason: ending.output)
        }
        // It takes whole batches and may take more than it was asked for.
        let done = line.messages ?? line.rows ?? 0
        guard done >= count, line.failed ?? 0 == 0 else {
            throw BenchmarkFailure(
                "the run of \(command.program) does not count",
                reason: "\(done) of \(count) records, \(line.failed ?? 0) failed")
        }
        return Sample(records: done, seconds: line.seconds, ending)
    }
}
