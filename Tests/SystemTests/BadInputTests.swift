import Foundation
import Testing

@Suite("Bad input")
struct BadInputTests {
    static let good = [
        "transaction_id": "\"01900000-0000-7000-8000-000000000001\"", "atm_id": "\"ATM-0001\"",
        "region_id": "\"US-WEST\"", "amount": "12.5", "status_code": "\"SUCCESS\"", "user_id": "\"USER-10000\"",
        "card_number": "\"****-****-****-1000\"", "transaction_type": "\"WITHDRAWAL\"", "location": "\"Mall Center\"",
        "currency": "\"USD\"", "timestamp": "\"2025-01-01T00:00:00.000000Z\"",
    ]

    static func record(_ id: Int, _ changes: [String: String?] = [:], suffix: String = "") -> String {
        var members = good
        members["transaction_id"] = "\"01900000-0000-7000-8000-\(String(1_000_000_000_000 + id).dropFirst(1))\""
        for (name, value) in changes { members[name] = value }
        return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}" + suffix
    }

    /// Every bad record of the list, by what its reason must mention.
    static let bad: [(value: String, reason: String)] = [
        ("no json", "not a JSON object"),
        ("[1,2]", "array"),
        (record(2, ["amount": nil]), "amount"),
        (record(3, ["amount": "\"12.5\""]), "amount"),
        (record(4, ["amount": "1e400"]), "number"),
        (record(5, suffix: " x"), "follow"),
        (record(6, ["location": "\"\\ud800\""]), "surrogate"),
        ("{\"outer\":" + record(7) + "}", "missing"),
        (record(8).replacing("Mall", with: "M\u{1}all"), "control"),
    ]

    @Test(
        "every kind of bad record becomes a dead letter with its place and bytes, and the stream goes on",
        .enabled(if: SystemTest.brokers != nil, SystemTest.noKafka))
    func deadLetters() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("bad")
        var lines: [String] = []
        for (index, (value, _)) in Self.bad.enumerated() {
            lines.append("ATM-0001\t" + Self.record(100 + index))
            lines.append("ATM-0001\t" + value)
        }
        let long = Self.record(500, ["location": "\"" + String(repeating: "x", count: 990_000) + "\""])
        lines.append("ATM-0001\t" + long)
        try await SystemTest.produceWithKcat(lines, topic: topic, options: ["-p", "0"])
        // kcat -Z sends an empty value as a tombstone.
        try await SystemTest.produceWithKcat(["ATM-0001\t"], topic: topic, options: ["-p", "0", "-Z"])
        try await SystemTest.produceWithKcat(["ATM-0001\t"], topic: topic, options: ["-p", "0"])
        let invalid = test.folder.appending(path: "invalid")
        try (Data(Self.record(600).utf8.dropLast(1)) + Data([0x2C, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D])).write(
            to: invalid)
        let brokers = try #require(SystemTest.brokers)
        try await SystemTest.command(["kcat", "-P", "-b", brokers, "-t", topic, "-p", "0", invalid.path])
        try await SystemTest.produceWithKcat(["ATM-0001\t" + Self.record(700)], topic: topic, options: ["-p", "0"])

        let ending = try await test.run(
            [SystemTest.pipeline("consume-to-sqlite"), "--report", "report.json"],
            ["KAFKA_TOPIC": topic, "UNTIL": "end", "DATABASE": test.path("a.db")])
        #expect(ending.code == 0, "\(ending.errors)")
        let archive = ArchiveFile(path: test.path("a.db"))
        let good = Self.bad.count + 2
        #expect(try archive.number("SELECT count(*) FROM transactions") == good)
        let dead = try archive.rows(
            #"SELECT stage, reason, topic, partition, "offset", CAST(value AS TEXT) FROM dead_letters ORDER BY "offset""#
        )
        #expect(dead.count == Self.bad.count + 3)
        for (index, (value, reason)) in Self.bad.enumerated() {
            #expect(dead[index][0] == "sqlite")
            #expect(dead[index][1]?.contains(reason) == true, "\(dead[index][1] ?? "") – \(reason)")
            #expect(dead[index][2] == topic)
            #expect(dead[index][4] == "\(2 * index + 1)")
            #expect(dead[index][5] == value)
        }
        #expect(dead[Self.bad.count][1]?.contains("tombstone") == true)
        #expect(dead[Self.bad.count + 1][1]?.contains("empty") == true)
        #expect(dead[Self.bad.count + 2][1]?.contains("UTF-8") == true)
        #expect(try archive.number("SELECT sum(read - rows - repeated - dropped - dead) FROM offsets") == 0)
        let report = try test.report()
        #expect(report["balanced"] as? Bool == true)
    }

    @Test(
        "without a place for dead letters the runner stops with 65 and names the record",
        .enabled(if: SystemTest.brokers != nil, SystemTest.noKafka))
    func noPlace() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("noplace")
        try await SystemTest.produceWithKcat(
            ["a\t" + Self.record(1), "a\tno json", "a\t" + Self.record(2)], topic: topic, options: ["-p", "1"])
        let file = try test.write(
            """
            {"version": 1, "source": {"type": "kafka", "brokers": "${KAFKA_BROKERS}", "topic": "\(topic)",
             "offset_reset": "earliest", "until": "end"}, "sinks": [{"type": "sqlite", "path": "a.db"}]}
            """, to: "p.json")
        let ending = try await test.run([file])
        #expect(ending.code == 65, "\(ending.errors)")
        #expect(ending.errors.contains("\(topic)[1]@1"), "\(ending.errors)")
    }

    @Test("lines that another program wrote, with other keys and orders, are archived")
    func foreignLines() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let lines = (0..<50).map { Self.record($0, ["extra": "{\"nested\":[1,2,{\"amount\":3}]}"]) }
        try test.write(lines.joined(separator: "\n") + "\n", to: "lines.jsonl")
        let file = try test.write(
            """
            {"version": 1, "source": {"type": "file", "path": "lines.jsonl"},
             "sinks": [{"type": "sqlite", "path": "a.db"}]}
            """, to: "p.json")
        let ending = try await test.run([file])
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(try ArchiveFile(path: test.path("a.db")).number("SELECT count(*) FROM transactions") == 50)
    }

    @Test("all mistakes of a pipeline file are shown at once with line, column and path; code 78")
    func mistakes() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(
            """
            {
              "version": 1,
              "source": { "type": "generator", "cuont": 5, "seed": "x" },
              "stages": [ { "type": "rate-gate", "rate": 2000000 }, { "type": "rate-gate" }, { "type": "sqlite" } ],
              "sinks": [ { "type": "kafka", "topic": "${NOT_SET}" }, { "type": "teapot" } ]
            }
            """, to: "bad.json")
        let ending = try await test.run(["check", file])
        #expect(ending.code == 78)
        for text in [
            "bad.json:3:", "cuont", "count", "seed", "bad.json:4:", "rate", "1000000", "sqlite", "bad.json:5:",
            "NOT_SET",
            "teapot",
        ] {
            #expect(ending.errors.contains(text), "\(text) in \(ending.errors)")
        }
        #expect(ending.errors.split(separator: "\n").count >= 7, "\(ending.errors)")
    }

    @Test(
        "a file that is missing, empty, not JSON, or without source and sinks is told so; code 78",
        arguments: [
            nil, "", "{", "[]", "{\"version\":1}", "{\"version\":1,\"source\":{\"type\":\"generator\"},\"sinks\":[]}",
        ])
    func unusable(_ text: String?) async throws {
        let test = try SystemTest()
        defer { test.remove() }
        if let text { try test.write(text, to: "p.json") }
        let ending = try await test.run([test.path("p.json")])
        #expect(ending.code == 78, "\(ending.errors)")
        #expect(ending.errors.contains("p.json"))
    }

    @Test("an owner under a group is refused before anything is opened")
    func ownerUnderGroup() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(
            """
            {"version": 1, "source": {"type": "kafka", "brokers": "127.0.0.1:1", "topic": "t", "group": "g"},
             "sinks": [{"type": "sqlite", "path": "a.db"}]}
            """, to: "p.json")
        let ending = try await test.run([file])
        #expect(ending.code == 78, "\(ending.errors)")
        #expect(!FileManager.default.fileExists(atPath: test.path("a.db")))
    }

    @Test("a broker that is not there is told within two seconds and ends the run with 69 after connect_timeout")
    func noBroker() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let runner = try test.start(
            [SystemTest.pipeline("produce"), "--set", "sinks.kafka.connect_timeout=3s"],
            ["KAFKA_BROKERS": "127.0.0.1:1"])
        let begin = ContinuousClock.now
        #expect(await runner.waitForError("127.0.0.1:1"))
        #expect(ContinuousClock.now - begin < .seconds(2.5))
        let ending = await runner.wait()
        #expect(ending.code == 69, "\(ending.errors)")
    }
}
