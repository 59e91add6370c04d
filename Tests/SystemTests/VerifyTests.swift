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
