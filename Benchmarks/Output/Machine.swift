import CRDKafka
import CSQLite
import Foundation

/// The machine that was measured on, as the results say it.
struct Machine: Sendable, Codable {
    /// The processor's name.
    var processor: String
    /// Cores that this process may use.
    var cores: Int
    /// Bytes of memory.
    var memory: Int
    /// The operating system's name.
    var system: String
    /// librdkafka's version.
    var kafkaClient: String
    /// SQLite's version.
    var database: String

    /// This machine.
    static var current: Machine {
        Machine(
            processor: value(of: "model name", in: "/proc/cpuinfo", separator: ":") ?? "unknown",
            cores: ProcessInfo.processInfo.activeProcessorCount, memory: Int(ProcessInfo.processInfo.physicalMemory),
            system: value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=") ?? "unknown",
            kafkaClient: String(cString: rd_kafka_version_str()), database: String(cString: sqlite3_libversion()))
    }

    /// One line for people.
    var text: String {
        "\(cores) cores (\(processor)), \(memory >> 30) GiB, \(system), librdkafka \(kafkaClient), SQLite \(database)."
    }

    /// The first line's value for a name in a file of names and values.
    private static func value(of name: String, in path: String, separator: Character) -> String? {
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: separator, maxSplits: 1)
            guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name else { continue }
            return parts[1].trimmingCharacters(in: CharacterSet(charactersIn: " \""))
        }
        return nil
    }
}
