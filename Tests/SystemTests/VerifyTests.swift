import CSQLite
import Foundation
import Testing

@Suite("runner verify")
struct VerifyTests {
    /// Archives 3,000 records of seed 42 without a Kafka.
    private func archive(_ test: SystemTest, _ more: [String] = []) async throws {
        let file = try test.write(
            """
            {"version": 1, "source": {"type": "generator", "seed": 42, "count": 3000},
             "sinks": [{"type": "sqlite", "path": "a.db"}]}
            """, to: "archive.json")
        let ending = try await test.run([file] + more)
        #expect(ending.code == 0, "\(ending.errors)")
    }

    private func damage(_ test: SystemTest, _ statement: String) throws {
        var database: OpaquePointer?
        defer { sqlite3_close(database) }
        try #require(sqlite3_open(test.path("a.db"), &database) == SQLITE_OK)
        try #require(sqlite3_exec(database, statement, nil, nil, nil) == SQLITE_OK)
    }

    @Test("says which proofs it gave, and ends with 0")
    func proven() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        try await archive(test)
        let ending = try await test.run(["verify", "a.db", "--stream", "42,0,3000"])
        #expect(ending.code == 0 && ending.errors.isEmpty, "\(ending.errors)")
        #expect(
            ending.output.contains(
                "  internal (the file by itself): proven: 3,000 rows, 0 dead letters and 0 holes in 1 partition\n"))
        #expect(
            ending.output.contains(
                "  stream (made again): proven: 3,000 records made again, 3,000 rows: 0 missing, 0 doubled, 0 foreign, "
                    + "0 differing\n"))
    }

    @Test("ends with 1 and the first differences, in words and as JSON")
    func differences() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        try await archive(test)
        try damage(test, "DELETE FROM transactions_rows WHERE kafka_offset >= 2980")
        let ending = try await test.run(["verify", "a.db", "--stream=42,0,3000"])
        #expect(ending.code == 1 && ending.errors.isEmpty, "\(ending.errors)")
        #expect(ending.output.contains("internal (the file by itself): 1 difference:"))
        #expect(ending.output.contains("    partition 0: offsets says 3000 rows, the table holds 2980\n"))
        #expect(ending.output.contains("stream (made again): 20 differences:"))
        #expect(ending.output.contains("    record 2980: is missing\n"))
        #expect(ending.output.contains("    and 10 more\n"))
        let json = try await test.run(["verify", "a.db", "--stream", "42,0,3000", "--format", "json"])
        #expect(json.code == 1)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(object["proven"] as? Bool == false)
        let proofs = try #require(object["proofs"] as? [[String: Any]])
        #expect(proofs.map { $0["proof"] as? String } == ["internal", "stream"])
        #expect(proofs[1]["missing"] as? Int == 20 && proofs[1]["differences"] as? Int == 20)
        let first = try #require(proofs[0]["first_differences"] as? [[String: String]])
        #expect(first == [["place": "partition 0", "difference": "offsets says 3000 rows, the table holds 2980"]])
    }

    @Test("a run's report suffices to make its stream again, whatever its settings, also after a stop and a restart")
    func fromReport() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(
            """
            {"version": 1, "source": {"type": "generator", "seed": 9, "count": "${COUNT}", "clock": "schedule",
             "step": "3us", "shard": 4, "atms": 7, "wander": true, "start": "2026-02-03T04:05:06.000007Z",
             "weights": {"status_code": {"FAILED": 0.3, "TIMEOUT": 0.0000001}, "transaction_type": {"DEPOSIT": 1}}},
             "stages": [{"type": "ttl", "after": "${TTL}"}], "sinks": [{"type": "sqlite", "path": "a.db"}]}
            """, to: "unusual.json")
        let first = try await test.run(
            [file, "--report", "first.json"], ["COUNT": "unlimited", "TTL": "1s"])
        #expect(first.code == 0, "\(first.errors)")
        let alone = try await test.run(["verify", "a.db", "--from-report", "first.json"])
        #expect(alone.code == 0, "\(alone.output)\(alone.errors)")
        let made = try #require(try test.report("first.json")["records"] as? Int)
        try #require(made > 0, "a run that made nothing is no part of anything")
        let second = try await test.run(
            [file, "--report", "second.json"], ["COUNT": "\(made + 500)", "TTL": "never"])
        #expect(second.code == 0, "\(second.errors)")
        #expect(try test.report("second.json")["records"] as? Int == 500)
        let both = try await test.run(
            ["verify", "a.db", "--from-report", "first.json", "--from-report", "second.json", "--format", "json"])
        #expect(both.code == 0 && both.output.contains("\"records\":\(made + 500)"), "\(both.output)\(both.errors)")
        // The second run's records alone are not all that is there.
        #expect(try await test.run(["verify", "a.db", "--from-report", "second.json"]).code == 1)
        #expect(try await test.run(["verify", "a.db", "--from-report", "unusual.json"]).code == 64)
    }

    @Test(
        "reads the log of a real Kafka again, with properties from a file",
        .enabled(if: SystemTest.brokers != nil, SystemTest.noKafka))
    func kafka() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let brokers = try #require(SystemTest.brokers)
        let topic = SystemTest.freshTopic("verify")
        let produced = try await test.run(
            [SystemTest.pipeline("produce"), "--report", "produce.json"],
            ["KAFKA_TOPIC": topic, "COUNT": "20000", "BURST": "true", "SEED": "7"])
        #expect(produced.code == 0, "\(produced.errors)")
        // Bad records behind the good ones, one of them with headers.
        try await SystemTest.produceWithKcat(["k\tno json", "k\t{}"], topic: topic, options: ["-H", "trace=1"])
        let archived = try await test.run(
            [SystemTest.pipeline("consume-to-sqlite")],
            ["KAFKA_TOPIC": topic, "UNTIL": "end", "DATABASE": test.path("a.db")])
        #expect(archived.code == 0, "\(archived.errors)")
        try test.write(
            "# as Kafka's tools take them\n\nclient.id = somebody\nsocket.timeout.ms=20000\n", to: "my.properties")
        let words = [
            "verify", "a.db", "--kafka", brokers, "--properties", "my.properties", "--from-report", "produce.json",
        ]
        let ending = try await test.run(words)
        #expect(ending.code == 0 && ending.errors.isEmpty, "\(ending.output)\(ending.errors)")
        #expect(
            ending.output.contains(
                "  kafka (the log read again): proven: 20,002 records of the log read again: 20,002 stored as they are, "
                    + "0 left out as offsets says, 0 differing\n"))
        try damage(test, "UPDATE dead_letters SET value = x'00' WHERE headers IS NOT NULL")
        let damaged = try await test.run(words)
        #expect(damaged.code == 1 && damaged.output.contains("the dead letter is not the record as it was"))
        try test.write("plugin.library.paths=/tmp/x.so", to: "my.properties")
        #expect(try await test.run(words).code == 64)
        #expect(try await test.run(["verify", "a.db", "--properties", "my.properties"]).code == 64)
        let nobody = try await test.run(["verify", "a.db", "--kafka", "127.0.0.1:1"])
        #expect(nobody.code == 69 && nobody.errors.contains("no broker answers at 127.0.0.1:1"), "\(nobody.errors)")
    }

    @Test("a wrong command line ends with 64, a file that is no archive with 74")
    func errors() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        #expect(try await test.run(["verify"]).code == 64)
        #expect(try await test.run(["verify", "a.db", "--stream", "42"]).code == 64)
        let missing = try await test.run(["verify", "a.db"])
        #expect(missing.code == 74 && missing.errors.contains("there is no such file") && missing.output.isEmpty)
        try test.write("something else, long enough to be looked at", to: "a.db")
        #expect(try await test.run(["verify", "a.db"]).code == 74)
        let help = try await test.run(["verify", "--help"])
        #expect(help.code == 0 && help.output.contains("--stream SEED,START,COUNT"))
    }
}
