import Foundation
import Testing

@Suite("Dead letters in a topic", .enabled(if: SystemTest.brokers != nil, SystemTest.noKafka))
struct DeadLetterTests {
    /// Archives a topic, with its dead letters in another one.
    private static let archive = """
        {"version": 1,
         "source": {"type": "kafka", "brokers": "${KAFKA_BROKERS}", "topic": "${TOPIC}", "until": "end",
           "offset_reset": "earliest"},
         "sinks": [
           {"type": "sqlite", "path": "${DATABASE}", "columns": [{"name": "id", "key": true}, {"name": "amount", "type": "real"}]},
           {"type": "kafka", "name": "letters", "brokers": "${KAFKA_BROKERS}", "topic": "${LETTERS}",
             "content": "dead-letters"}],
         "dead_letters": "letters"}
        """

    /// Archives what the first pipeline could not take: its amounts are text.
    private static let replay = """
        {"version": 1,
         "source": {"type": "kafka", "brokers": "${KAFKA_BROKERS}", "topic": "${LETTERS}", "until": "end",
           "offset_reset": "earliest"},
         "sinks": [{"type": "sqlite", "path": "replayed.db", "columns": [{"name": "id", "key": true}, {"name": "amount"}]}],
         "dead_letters": "sqlite"}
        """

    @Test("they are replayed by a pipeline of their own and still say where they came from")
    func replayed() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let names = [SystemTest.freshTopic("records"), SystemTest.freshTopic("letters")]
        let records = (0..<500).map { number in
            number % 100 == 7
                ? "k\(number)\t{\"id\": \"r\(number)\", \"amount\": \"\(number)\"}"
                : "k\(number)\t{\"id\": \"r\(number)\", \"amount\": \(number)}"
        }
        try await SystemTest.produceWithKcat(records + ["bad\tno json"], topic: names[0])
        let variables = ["TOPIC": names[0], "LETTERS": names[1], "DATABASE": "a.db"]
        let first = try test.write(Self.archive, to: "archive.json")
        let archived = try await test.run([first], variables)
        #expect(archived.code == 0, "\(archived.errors)")
        let second = try test.write(Self.replay, to: "replay.json")
        let replayed = try await test.run([second], variables)
        #expect(replayed.code == 0, "\(replayed.errors)")

        let all = ArchiveFile(path: test.path("a.db"))
        #expect(try all.number("SELECT count(*) FROM transactions") == 495)
        #expect(try all.number("SELECT sum(dead) FROM offsets") == 6)
        let rest = ArchiveFile(path: test.path("replayed.db"))
        #expect(
            try rest.rows("SELECT id, amount FROM transactions ORDER BY id") == [
                ["r107", "107"], ["r207", "207"], ["r307", "307"], ["r407", "407"], ["r7", "7"],
            ])
        // What is dead for good keeps the place where it first stood, in the headers it was replayed with.
        #expect(try rest.number("SELECT count(*) FROM dead_letters WHERE value = CAST('no json' AS BLOB)") == 1)
        let headers = try rest.rows(
            "SELECT instr(headers, CAST('sluice.dead.topic' AS BLOB)) > 0, instr(headers, CAST('\(names[0])' AS BLOB)) > 0 "
                + "FROM dead_letters")
        #expect(headers == [["1", "1"]])
        let brokers = try #require(SystemTest.brokers)
        let verified = try await test.run(["verify", "a.db", "replayed.db", "--kafka", brokers])
        #expect(verified.code == 0, "\(verified.output)\(verified.errors)")
    }

    @Test("those in an archive are mended by a query and replayed from a file")
    func mended() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let columns = #""columns": [{"name": "id", "key": true}, {"name": "amount", "type": "real"}]"#
        let pipeline = try test.write(
            """
            {"version": 1, "source": {"type": "file", "path": "${INPUT}"},
             "sinks": [{"type": "sqlite", "path": "${DATABASE}", \(columns)}], "dead_letters": "sqlite"}
            """, to: "archive.json")
        try test.write(
            (0..<10).map { number in
                let amount = number == 4 ? "\"4.5\"" : "\(number)"
                return "{\"id\": \"r\(number)\", \"amount\": \(amount)}"
            }.joined(separator: "\n"),
            to: "in.jsonl")
        let archived = try await test.run([pipeline], ["INPUT": "in.jsonl", "DATABASE": "a.db"])
        #expect(archived.code == 0, "\(archived.errors)")
        let mended = try await test.run([
            "query", "a.db", "--format", "json",
            """
            SELECT value ->> 'id' AS id, CAST(value ->> 'amount' AS REAL) AS amount
            FROM (SELECT CAST(value AS TEXT) AS value FROM dead_letters WHERE reason LIKE 'the field "amount" is a string%')
            """,
        ])
        try test.write(mended.output, to: "mended.jsonl")
        let replayed = try await test.run([pipeline], ["INPUT": "mended.jsonl", "DATABASE": "b.db"])
        #expect(replayed.code == 0, "\(replayed.errors)")
        #expect(
            try ArchiveFile(path: test.path("b.db")).rows("SELECT id, amount FROM transactions") == [["r4", "4.5"]])
    }

    @Test("check refuses a place that cannot take letters, and one that gets none")
    func check() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let variables = ["TOPIC": "a", "LETTERS": "b", "DATABASE": "a.db"]
        let good = try test.write(Self.archive, to: "good.json")
        #expect(try await test.run(["check", good], variables).code == 0)
        let idle = try test.write(
            Self.archive.replacing("\"dead_letters\": \"letters\"", with: "\"dead_letters\": \"sqlite\""),
            to: "idle.json")
        let idleEnding = try await test.run(["check", idle], variables)
        #expect(idleEnding.code == 78)
        #expect(idleEnding.errors.contains("$.sinks[1]: a place for dead letters to which none come"))
        let records = try test.write(
            Self.archive.replacing("\"content\": \"dead-letters\"", with: "\"content\": \"records\""),
            to: "records.json")
        let recordsEnding = try await test.run(["check", records], variables)
        #expect(recordsEnding.code == 78)
        #expect(recordsEnding.errors.contains("no place for dead letters: found \"letters\""))
    }
}
