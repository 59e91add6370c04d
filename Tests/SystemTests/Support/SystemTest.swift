import Foundation
import Testing

/// What a system test works in: a folder of its own, the shipped pipelines, a real Kafka.
struct SystemTest {
    /// The repository's folder.
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Address of a real Kafka, or nil.
    static let brokers = ProcessInfo.processInfo.environment["KAFKA_TEST_BROKERS"].flatMap { $0.isEmpty ? nil : $0 }

    /// Why tests against Kafka are skipped where there is none.
    static let noKafka: Comment =
        "needs a real Kafka: set KAFKA_HOME and run scripts/test.sh, or set KAFKA_TEST_BROKERS"

    /// A folder that is removed with the test.
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "sluice-system-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }

    /// Path of a shipped pipeline.
    static func pipeline(_ name: String) -> String {
        repository.appending(path: "pipelines/\(name).json").path
    }

    /// A topic name that no other test uses.
    static func freshTopic(_ name: String) -> String {
        "\(name)-\(UUID().uuidString.prefix(8).lowercased())"
    }

    /// Runs the runner to its end.
    func run(_ arguments: [String], _ environment: [String: String] = [:], input: FileHandle? = nil) async throws
        -> RunnerProcess.Ending
    {
        try await start(arguments, environment, input: input).wait()
    }

    /// Starts the runner.
    func start(_ arguments: [String], _ environment: [String: String] = [:], input: FileHandle? = nil) throws
        -> RunnerProcess
    {
        var environment = environment
        if let brokers = Self.brokers, environment["KAFKA_BROKERS"] == nil { environment["KAFKA_BROKERS"] = brokers }
        return try RunnerProcess(arguments, environment: environment, in: folder, input: input)
    }

    /// Writes a file into the test's folder.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    /// Path of a file in the test's folder.
    func path(_ name: String) -> String {
        folder.appending(path: name).path
    }

    /// Runs a command of the system to its end, on a thread that may block.
    @discardableResult
    static func command(_ words: [String], input: String = "") async throws -> String {
        let (status, text) = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try blockingCommand(words, input) }) }
        }
        try #require(status == 0, "\(words.joined(separator: " ")) failed")
        return text
    }

    private static func blockingCommand(_ words: [String], _ input: String) throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        let source = Pipe()
        let output = Pipe()
        process.standardInput = source
        process.standardOutput = output
        process.standardError = FileHandle.standardError
        try process.run()
        try source.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try source.fileHandleForWriting.close()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    /// Whether the runner was built with probes, as it says of itself.
    static let hasProbes =
        (try? blockingCommand([RunnerProcess.path, "--version"], "").1.contains("with probes")) ?? false

    /// Writes records with kcat: one record a line, key and value separated by a tab.
    static func produceWithKcat(_ lines: [String], topic: String, options: [String] = []) async throws {
        let brokers = try #require(brokers)
        try await command(
            ["kcat", "-P", "-b", brokers, "-t", topic, "-K", "\t"] + options,
            input: lines.joined(separator: "\n") + "\n")
    }

    /// The report a run wrote.
    func report(_ name: String = "report.json") throws -> [String: Any] {
        let data = try Data(contentsOf: folder.appending(path: name))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}
