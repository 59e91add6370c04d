import Driving
import Foundation

/// One run of the driver: its rounds, one after the other, and what they add up to.
struct Session {
    private static let document = "docs/reliability.md"
    private let options: Options

    init(_ options: Options) {
        self.options = options
    }

    /// Runs the rounds. One that fails does not keep the others from running; its output stays in the folder.
    /// - Throws: ``DriverFailure`` at the end, if one failed.
    func run() throws {
        let signals = RunningChildren.endOnSignals()
        defer { for signal in signals { signal.cancel() } }
        let folder = try options.required("--folder")
        let surroundings = try surroundings(in: folder)
        defer { surroundings.proxy?.stop() }
        let earlier = try earlierOutcomes()
        let faults = surroundings.faults.filter { $0.isKill || !options.isOfKills }
        let count = options.rounds ?? faults.count * Phase.allCases.count
        let plans = RoundPlan.rounds(
            count, seed: options.seed, faults: faults, killsARound: options.isQuick ? 1 : 18
        ).filter { options.round == nil || $0.number == options.round }
        var outcomes: [RoundOutcome] = []
        for plan in plans {
            let outcome = try run(plan, surroundings, folder)
            outcomes.append(outcome)
            tell(outcome, of: count)
            try write(outcomes)
        }
        let coverage = Coverage(outcomes: earlier + outcomes)
        let summary = coverage.summary(seed: options.seed, earlier: earlier.count)
        print("\(coverage.table.markdown)\n\n\(summary)")
        if options.writesDocument { try update("\(coverage.table.markdown)\n\n\(summary)") }
        if let least = try options.number("--least"), coverage.faults < least {
            throw DriverFailure("too few faults were put", reason: "\(coverage.faults) of at least \(least)")
        }
        // Those of earlier sessions were told then.
        let failures = Coverage(outcomes: outcomes).failures
        guard failures.isEmpty else {
            throw DriverFailure(
                "\(failures.count) rounds failed",
                reason: "see them again with --seed \(options.seed) --round "
                    + failures.map { "\($0.plan.number)" }.joined(separator: ", "))
        }
    }

    private func earlierOutcomes() throws -> [RoundOutcome] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try (options.text("--also") ?? "").split(separator: ",").flatMap { path in
            try decoder.decode([RoundOutcome].self, from: Data(contentsOf: URL(filePath: String(path))))
        }
    }

    private func run(_ plan: RoundPlan, _ surroundings: Surroundings, _ folder: String) throws -> RoundOutcome {
        let own = "\(folder)/round-\(plan.number)"
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        let topic = try surroundings.topics.make(partitions: 3)
        defer { try? surroundings.topics.delete(topic) }
        let outcome = Round(plan, surroundings, topic: topic, folder: own).run()
        if outcome.failure == nil { try? FileManager.default.removeItem(atPath: own) }
        return outcome
    }

    private func surroundings(in folder: String) throws -> Surroundings {
        let port = try options.required("--broker")
        let data = try options.required("--data")
        let address = "127.0.0.1:\(port)"
        var kafka = ["--port", port, "--data", data]
        var proxy: NetworkProxy?
        if let program = options.text("--toxiproxy"), let listen = try options.number("--proxy-port") {
            proxy = try NetworkProxy(
                program, port: listen, upstream: try options.required("--upstream"), in: folder)
            kafka += ["--behind", "\(listen)"]
        }
        return Surroundings(
            runner: try options.required("--runner"),
            broker: Broker(address: address, options: kafka, data: data, folder: folder),
            topics: try Topics(brokers: address), proxy: proxy, disk: options.text("--disk"), folder: folder)
    }

    private func tell(_ outcome: RoundOutcome, of count: Int) {
        let plan = outcome.plan
        let times = outcome.recoveries.map { String(format: "%.2f", $0) }.joined(separator: " ")
        StandardError.write(
            "\(plan.number)/\(count)  \(plan.fault.rawValue) · \(plan.target.rawValue) \(plan.phase.rawValue): "
                + (outcome.failure.map { "FAILED: \($0)" }
                    ?? "\(outcome.faults) × put, again after \(times.isEmpty ? "–" : times) s"))
    }

    private func write(_ outcomes: [RoundOutcome]) throws {
        guard let path = options.json else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        try (encoder.encode(outcomes) + Data("\n".utf8)).write(to: URL(filePath: path), options: .atomic)
    }

    private func update(_ text: String) throws {
        let url = URL(filePath: Self.document)
        let document = MarkedDocument(text: try String(contentsOf: url, encoding: .utf8))
        guard let updated = document.replacing("chaos", with: text) else {
            throw DriverFailure("\(Self.document) has no place for the table", reason: "its markers are missing")
        }
        try updated.text.write(to: url, atomically: true, encoding: .utf8)
    }
}
