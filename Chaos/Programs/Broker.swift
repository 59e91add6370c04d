import Driving
import Foundation

/// The broker that scripts/kafka.sh runs for this session.
struct Broker {
    /// Its address for clients.
    let address: String
    /// Its port and folder, as kafka.sh takes them.
    let options: [String]
    /// Its folder.
    let data: String
    /// Where the output of kafka.sh goes.
    let folder: String

    /// Kills it as a crash would.
    func kill() throws(DriverFailure) {
        Glibc.kill(try process(), SIGKILL)
    }

    /// Lets it stand still, or go on.
    func send(_ signal: Int32) throws(DriverFailure) {
        Glibc.kill(try process(), signal)
    }

    /// Starts it again and returns once it answers.
    func start() throws(DriverFailure) {
        _ = try ChildProcess.run(Command("scripts/kafka.sh", ["start"] + options, variables: kafkaHome), in: folder)
    }

    private var kafkaHome: [String: String] {
        ProcessInfo.processInfo.environment["KAFKA_HOME"].map { ["KAFKA_HOME": $0] } ?? [:]
    }

    private func process() throws(DriverFailure) -> pid_t {
        let path = "\(data)/broker.pid"
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        guard let process = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)), process > 1 else {
            throw DriverFailure("cannot find the broker's process", reason: "\(path) holds \"\(text)\"")
        }
        return process
    }
}
