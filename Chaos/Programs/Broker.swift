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

    /// Kills it as a crash would, and waits until its ports are free.
    func kill() throws(DriverFailure) {
        let process = try process()
        Glibc.kill(process, SIGKILL)
        // The last of its threads closes the sockets; what is left then is at most a zombie that nobody has asked for.
        while Self.threads(of: process) > 1 || Self.isAlive(process) { usleep(5_000) }
    }

    /// Lets it stand still, or go on.
    func send(_ signal: Int32) throws(DriverFailure) {
        Glibc.kill(try process(), signal)
    }

    /// Starts it again and returns once it answers.
    func start() throws(DriverFailure) {
        _ = try ChildProcess.run(Command("scripts/kafka.sh", ["start"] + options, variables: kafkaHome), in: folder)
    }

    private static func threads(of process: pid_t) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").count) ?? 0
    }

    /// Whether it is there and no zombie, by the letter that proc(5) gives for its state.
    private static func isAlive(_ process: pid_t) -> Bool {
        let contents = FileManager.default.contents(atPath: "/proc/\(process)/stat") ?? Data()
        let state = String(decoding: contents, as: UTF8.self).split(separator: ")").last?.first { $0 != " " }
        return state != nil && state != "Z"
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
