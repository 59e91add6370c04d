import Foundation
import Testing

@Suite("Probes and metrics", .enabled(if: SystemTest.hasProbes, "this runner was built without probes"))
struct ProbeTests {
    private static let file = """
        { "version": 1, "name": "probed", "http": { "listen": "127.0.0.1:0", "stall_after": "60s" },
          "source": { "type": "generator", "seed": 1 }, "stages": [ { "type": "rate-gate", "rate": 50 } ],
          "sinks": [ { "type": "kafka", "brokers": "${KAFKA_BROKERS}", "topic": "atm-transactions" } ] }
        """

    /// Starts a broker that a test may stop, and returns its address.
    private static func broker(_ test: SystemTest) async throws -> (process: RunnerProcess, address: String) {
        let broker = try test.start(["broker"])
        #expect(await broker.waitForError("127.0.0.1:"))
        let words = broker.errorsSoFar.split { !"0123456789.:".contains($0) }
        return (broker, String(try #require(words.first { $0.hasPrefix("127.0.0.1:") })))
    }

    /// Where a runner that was just started answers.
    private static func address(of runner: RunnerProcess) async throws -> String {
        #expect(await runner.waitForError("answers probes (address "))
        let rest = try #require(runner.errorsSoFar.components(separatedBy: "answers probes (address ").last)
        return "http://" + rest.prefix { $0 != ")" }
    }

    /// The status of a page, and what stands there.
    private static func get(_ url: String) async throws -> (status: String, body: String) {
        let text = try await SystemTest.command(["curl", "-sS", "-m", "5", "-w", "\n%{http_code}", url])
        let lines = text.components(separatedBy: "\n")
        return (lines.last ?? "", lines.dropLast().joined(separator: "\n"))
    }

    /// How long it takes until /ready answers a status.
    private static func time(until status: String, _ url: String, limit: Duration) async throws -> Duration {
        let begun = ContinuousClock.now
        while try await get("\(url)/ready").status != status {
            guard ContinuousClock.now - begun < limit else { break }
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        return ContinuousClock.now - begun
    }

    @Test("/ready is false within five seconds of a broker that stands still, and true again after; /live stays")
    func ready() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let (broker, brokers) = try await Self.broker(test)
        defer { broker.send(SIGKILL) }
        let runner = try test.start([try test.write(Self.file, to: "p.json")], ["KAFKA_BROKERS": brokers])
        let url = try await Self.address(of: runner)
        #expect(try await Self.time(until: "200", url, limit: .seconds(20)) < .seconds(20))
        #expect(try await Self.get("\(url)/live").status == "200")

        broker.send(SIGSTOP)
        #expect(try await Self.time(until: "503", url, limit: .seconds(10)) < .seconds(5))
        #expect(try await Self.get("\(url)/ready").body.contains("kafka: the server has not answered"))
        #expect(try await Self.get("\(url)/live").status == "200")
        broker.send(SIGCONT)
        #expect(try await Self.time(until: "200", url, limit: .seconds(10)) < .seconds(5))

        broker.send(SIGKILL)
        #expect(try await Self.time(until: "503", url, limit: .seconds(10)) < .seconds(5))
        runner.send(SIGINT)
        runner.send(SIGINT)
        _ = await runner.wait()
    }

    @Test("/metrics is what Prometheus takes, /report is the report so far, and `health` asks for it")
    func pages() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let (broker, brokers) = try await Self.broker(test)
        defer { broker.send(SIGKILL) }
        let runner = try test.start([try test.write(Self.file, to: "p.json")], ["KAFKA_BROKERS": brokers])
        let url = try await Self.address(of: runner)
        #expect(try await Self.time(until: "200", url, limit: .seconds(20)) < .seconds(20))
        let metrics = try await Self.get("\(url)/metrics")
        #expect(metrics.status == "200")
        try await SystemTest.command(["promtool", "check", "metrics"], input: metrics.body + "\n")
        for name in [
            "sluice_sink_latency_seconds_count", "sluice_schedule_lag_seconds_bucket", "sluice_batch_records_sum",
            "sluice_end_to_end_latency_seconds_count", "process_resident_memory_bytes",
        ] {
            #expect(metrics.body.contains(name))
        }
        let report = try await Self.get("\(url)/report")
        let object = try JSONSerialization.jsonObject(with: Data(report.body.utf8)) as? [String: Any]
        #expect(object?["outcome"] as? String == "running")
        #expect(try await Self.get("\(url)/other").status == "404")

        #expect(try await test.run(["health", "\(url)/ready"]).code == 0)
        #expect(try await test.run(["health", "\(url)/other"]).code == 1)
        runner.send(SIGTERM)
        #expect(await runner.wait().code == 0)
        #expect(try await test.run(["health", "\(url)/ready"]).code == 1, "nobody answers any more")
    }

    @Test("dashboard and alert rules ask for nothing that is not there; two pipelines share an address")
    func monitoring() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let (broker, brokers) = try await Self.broker(test)
        defer { broker.send(SIGKILL) }
        let archiving = """
            { "version": 1, "name": "archiving", "http": { "listen": "127.0.0.1:0", "stall_after": "60s" },
              "source": { "type": "kafka", "brokers": "${KAFKA_BROKERS}", "topic": "atm-transactions" },
              "sinks": [ { "type": "sqlite", "path": "a.db" } ] }
            """
        let runner = try test.start(
            [try test.write(Self.file, to: "p.json"), try test.write(archiving, to: "a.json")],
            ["KAFKA_BROKERS": brokers])
        let url = try await Self.address(of: runner)
        #expect(try await Self.time(until: "200", url, limit: .seconds(20)) < .seconds(20))
        // The lag is known once the source has asked.
        var page = ""
        for _ in 0..<100 where !page.contains("sluice_consumer_lag_records") {
            page = try await Self.get("\(url)/metrics").body
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        #expect(page.contains("sluice_pipeline_ready{pipeline=\"probed\"} 1"))
        #expect(page.contains("sluice_pipeline_ready{pipeline=\"archiving\"} 1"))
        for file in ["alerts.yaml", "dashboard.json"] {
            let text = try String(
                contentsOf: SystemTest.repository.appending(path: "manifests/monitoring/\(file)"), encoding: .utf8)
            let names = Set(text.matches(of: /(sluice|process)_[a-z_]+/).map { String($0.output.0) })
            #expect(names.count > 5)
            for name in names { #expect(page.contains("\n\(name)"), "\(file) asks for \(name)") }
        }
        runner.send(SIGTERM)
        #expect(await runner.wait().code == 0)
    }

    @Test("a port in use is told before anything is opened")
    func taken() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(
            """
            { "version": 1, "http": { "listen": "${LISTEN}" }, "source": { "type": "generator", "seed": 1 },
              "stages": [ { "type": "rate-gate", "rate": 1 } ],
              "sinks": [ { "type": "file", "path": "${OUT}" } ] }
            """, to: "p.json")
        let first = try test.start([file], ["LISTEN": "127.0.0.1:0", "OUT": test.path("a")])
        let address = try await Self.address(of: first).dropFirst("http://".count)
        let second = try await test.run([file], ["LISTEN": String(address), "OUT": test.path("b")])
        #expect(second.code == 73)
        #expect(second.errors.contains("cannot listen on \(address): Address already in use"))
        #expect(!FileManager.default.fileExists(atPath: test.path("b")))
        first.send(SIGTERM)
        _ = await first.wait()
    }
}
