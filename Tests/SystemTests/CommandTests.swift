import Foundation
import Testing

@Suite("The command line")
struct CommandTests {
    @Test("help, version and stages are printed to standard output")
    func informative() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let help = try await test.run(["--help"])
        #expect(help.code == 0 && help.output.contains("Usage:") && help.errors.isEmpty)
        let version = try await test.run(["--version"])
        #expect(version.code == 0 && version.output.hasPrefix("runner "))
        let stages = try await test.run(["stages"])
        for type in ["generator", "kafka", "file", "rate-gate", "ttl", "filter", "console", "sqlite", "discard"] {
            #expect(stages.output.contains(type))
            let one = try await test.run(["stages", type])
            #expect(one.code == 0 && one.output.contains("Example"), "\(type)")
        }
        #expect(try await test.run(["stages", "teapot"]).code == 64)
        #expect(try await test.run(["--teapot"]).code == 64)
        #expect(try await test.run(["query"]).code == 64)
    }

    @Test("the shipped pipelines are good", arguments: ["produce", "consume", "consume-to-sqlite"])
    func shipped(_ name: String) async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let ending = try await test.run(["check", SystemTest.pipeline(name)])
        #expect(ending.code == 0, "\(ending.errors)")
    }

    @Test("stages are swapped by editing the file: generator to file, the file to standard output")
    func swaps() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let toFile = try test.write(
            """
            {"version": 1, "source": {"type": "generator", "seed": 5, "count": 200},
             "sinks": [{"type": "file", "path": "out.jsonl"}]}
            """, to: "to-file.json")
        let written = try await test.run([toFile])
        #expect(written.code == 0, "\(written.errors)")
        let lines = try String(contentsOfFile: test.path("out.jsonl"), encoding: .utf8)
        #expect(lines.split(separator: "\n").count == 200)
        let toOutput = try test.write(
            """
            {"version": 1, "source": {"type": "file", "name": "input", "path": "-"}, "sinks": [{"type": "file", "path": "-"}]}
            """, to: "cat.json")
        let input = try #require(FileHandle(forReadingAtPath: test.path("out.jsonl")))
        let copied = try await test.run([toOutput], input: input)
        #expect(copied.code == 0, "\(copied.errors)")
        #expect(copied.output == lines)
    }

    @Test(
        "file to kafka and kafka to discard", .enabled(if: SystemTest.brokers != nil, SystemTest.noKafka))
    func swapsOverKafka() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("swap")
        try test.write((0..<300).map { BadInputTests.record($0) }.joined(separator: "\n"), to: "in.jsonl")
        let toKafka = try test.write(
            """
            {"version": 1, "source": {"type": "file", "path": "in.jsonl"},
             "sinks": [{"type": "kafka", "brokers": "${KAFKA_BROKERS}", "topic": "\(topic)"}]}
            """, to: "to-kafka.json")
        let sent = try await test.run([toKafka])
        #expect(sent.code == 0, "\(sent.errors)")
        let toDiscard = try test.write(
            """
            {"version": 1, "source": {"type": "kafka", "brokers": "${KAFKA_BROKERS}", "topic": "\(topic)",
             "offset_reset": "earliest", "until": "end"}, "sinks": [{"type": "discard"}]}
            """, to: "to-discard.json")
        let taken = try await test.run([toDiscard, "--report", "report.json"])
        #expect(taken.code == 0, "\(taken.errors)")
        #expect(try test.report()["records"] as? Int == 300)
    }

    @Test("of each second's records at once, a time sends as many as it has seconds, exactly")
    func secondsOfBursts() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(
            """
            {"version": 1, "source": {"type": "generator", "seed": 1},
             "stages": [{"type": "rate-gate", "rate": 100, "burst": "per-second"}, {"type": "ttl", "after": "1s"}],
             "sinks": [{"type": "discard"}]}
            """, to: "p.json")
        // Whether the second hundred is too late is a matter of microseconds, so one run shows little.
        for run in 1...8 {
            let ending = try await test.run([file, "--report", "report.json"])
            #expect(ending.code == 0, "\(ending.errors)")
            #expect(try test.report()["records"] as? Int == 100, "run \(run)")
            #expect(try test.report()["balanced"] as? Bool == true, "run \(run)")
        }
    }

    @Test("a first signal drains and ends with 0; --set, --env-file and --report work")
    func signal() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(
            """
            {"version": 1, "name": "slow", "source": {"type": "generator", "seed": 1},
             "stages": [{"type": "rate-gate", "rate": "${SPEED:?set SPEED}"}], "sinks": [{"type": "discard"}]}
            """, to: "p.json")
        try test.write("# speed\nSPEED=50\n", to: "speed.env")
        let runner = try test.start(
            [file, "--env-file", "speed.env", "--set", "slow:source.seed=9", "--report", "report.json"])
        #expect(await runner.waitForError("seed 9"))
        runner.send(SIGINT)
        let ending = await runner.wait()
        #expect(ending.code == 0, "\(ending.errors)")
        let report = try test.report()
        #expect(report["outcome"] as? String == "interrupted")
        #expect(report["target_per_second"] as? Double == 50)
        #expect(report["balanced"] as? Bool == true)
    }

    @Test("a second signal ends a drain that cannot end with 130, and the report says what was given up")
    func secondSignal() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        // A pipe that somebody holds open and nobody reads.
        try #require(mkfifo(test.path("pipe"), 0o600) == 0)
        let reader = open(test.path("pipe"), O_RDWR | O_NONBLOCK)
        try #require(reader >= 0)
        defer { close(reader) }
        let file = try test.write(
            """
            {"version": 1, "source": {"type": "generator", "seed": 1}, "sinks": [{"type": "file", "path": "pipe"}]}
            """, to: "p.json")
        let runner = try test.start([file, "--report", "report.json"])
        var waiting: Int32 = 0
        let end = ContinuousClock.now + .seconds(60)
        while waiting < 60_000 {
            try #require(ContinuousClock.now < end && ioctl(reader, UInt(FIONREAD), &waiting) == 0)
            await Task.yield()
        }
        runner.send(SIGINT)
        runner.send(SIGTERM)
        let ending = await runner.wait(limit: .seconds(20))
        #expect(ending.code == 130, "\(ending.errors)")
        let report = try test.report()
        #expect(report["balanced"] as? Bool == true)
        #expect(try #require(report["given_up"] as? Int) > 0)
    }

    @Test("a reader that has gone and a full disk are answered by exit codes, and a lost log stops nobody")
    func brokenOutputs() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        try test.write(
            """
            {"version": 1, "source": {"type": "generator", "seed": 1, "count": 20000},
             "sinks": [{"type": "sqlite", "path": "a.db"}]}
            """, to: "p.json")
        func codes(_ line: String) async throws -> String {
            let runner = "r=\(RunnerProcess.path); cd \(test.folder.path); "
            return try await SystemTest.command(["bash", "-c", runner + line + #"; echo "${PIPESTATUS[@]}""#])
        }
        let all = #""SELECT * FROM transactions""#
        #expect(try await codes("$r p.json 2>&1 >/dev/null | true") == "0 0\n")
        #expect(
            try await codes("$r query a.db 'SELECT count(*) AS n FROM transactions' --format csv")
                == "n\r\n20000\r\n0\n")
        #expect(try await codes("$r query a.db \(all) | head -c 4") == "tran0 0\n")
        #expect(try await codes("$r query a.db \(all) 2>errors >/dev/full") == "74\n")
        #expect(try await codes("$r stages 2>errors >/dev/full") == "74\n")
        let errors = try String(contentsOfFile: test.path("errors"), encoding: .utf8)
        #expect(errors.hasPrefix("error: cannot write to standard output: No space left on device"), "\(errors)")
    }

    @Test(
        "rows on a terminal hold no command for it, and in a pipe they are exact", arguments: ["table", "csv", "json"])
    func queryOnTerminal(_ format: String) async throws {
        let test = try SystemTest()
        defer { test.remove() }
        try test.write(
            """
            {"version": 1, "source": {"type": "generator", "seed": 1, "count": 1},
             "sinks": [{"type": "sqlite", "path": "a.db"}]}
            """, to: "p.json")
        #expect(try await test.run(["p.json"]).code == 0)
        let sql = "SELECT char(27) || 'c' || char(0x9B) || '2J' AS x"
        let line = "'\(RunnerProcess.path)' query '\(test.path("a.db"))' \"\(sql)\" --format \(format)"
        // script(1) gives the command a terminal of its own.
        let shown = try await SystemTest.command(["script", "-qec", line, "/dev/null"])
        #expect(
            shown.contains("2J") && !shown.contains("\u{1B}") && !shown.contains("\u{9B}"), "\(shown.debugDescription)")
        let piped = try await test.run(["query", "a.db", sql, "--format", format]).output
        #expect(piped.contains("\u{1B}c\u{9B}2J") == (format == "csv"), "\(piped.debugDescription)")
    }

    @Test("several files run side by side over the embedded broker, and the report is an array")
    func sideBySide() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let ending = try await test.run(
            [
                SystemTest.pipeline("produce"), SystemTest.pipeline("consume-to-sqlite"), "--embedded-broker",
                "--set", "consume-to-sqlite:stages.ttl.after=5s", "--report", "report.json",
            ],
            ["RATE": "500", "TTL": "2s", "DATABASE": test.path("a.db"), "KAFKA_BROKERS": "127.0.0.1:1"])
        #expect(ending.code == 0, "\(ending.errors)")
        let data = try Data(contentsOf: test.folder.appending(path: "report.json"))
        let reports = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        #expect(Set(reports.compactMap { $0["pipeline"] as? String }) == ["produce", "consume-to-sqlite"])
        let sent = try #require(reports.first { $0["pipeline"] as? String == "produce" }?["records"] as? Int)
        #expect(sent > 900)
        #expect(try ArchiveFile(path: test.path("a.db")).number("SELECT count(*) FROM transactions") == sent)
    }
}
