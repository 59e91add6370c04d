import Foundation
import Pipeline
import Stages
import Testing

@Suite("A producer that survives kill -9", .enabled(if: SystemTest.brokers != nil, SystemTest.noKafka))
struct ExactlyOnceProducerTests {
    /// Kills a producer at moments that a seed chooses, and lets it come to its end after the last.
    /// - Returns: how often it was killed before it had ended.
    private static func kill(
        _ test: SystemTest, _ arguments: [String], _ environment: [String: String], seed: UInt64, times: Int
    ) async throws -> Int {
        var moments = KillMoments(seed: seed)
        var kills = 0
        for _ in 0..<times {
            let producer = try test.start(arguments, environment)
            // Not a wait for anything: the moment is to be any.
            try await ContinuousClock().sleep(for: moments.next())
            producer.send(SIGKILL)
            if await producer.wait().wasKilled { kills += 1 }
        }
        let last = try await test.run(arguments, environment)
        #expect(last.code == 0, "\(last.errors)")
        return kills
    }

    @Test(
        "killed at any moment and started again, it goes on with the next record: each is seen once, in order",
        arguments: [1, 2])
    func killed(seed: UInt64) async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("killed")
        let environment = [
            "KAFKA_TOPIC": topic, "COUNT": "60000", "RATE": "12000", "SEED": "\(seed)", "DELIVERY": "exactly-once",
        ]
        let kills = try await Self.kill(
            test, [SystemTest.pipeline("produce"), "--report", "report.json"], environment, seed: seed, times: 5)
        #expect(kills == 5)
        // The count is the length of the whole stream.
        let records = try #require(try test.report()["records"] as? Int)
        #expect(records < 60_000)
        try await CommittedRecords.expectEachOnce(CommittedRecords.indices(topic), count: 60_000)

        let again = try await test.run([SystemTest.pipeline("produce"), "--report", "report.json"], environment)
        #expect(again.code == 0, "\(again.errors)")
        #expect(try test.report()["records"] as? Int == 0)
    }

    @Test("a file, and a topic, are copied into a topic through kills: each record is seen once, in order")
    func copied() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let lines = (0..<60_000).map { "{\"n\":\($0)}" }
        try test.write(lines.joined(separator: "\n") + "\n", to: "in.jsonl")
        let (first, second) = (SystemTest.freshTopic("from-file"), SystemTest.freshTopic("from-topic"))
        func pipeline(_ name: String, _ source: String, to topic: String) throws -> String {
            try test.write(
                """
                { "version": 1, "name": "\(name)", "source": \(source),
                  "stages": [ { "type": "rate-gate", "rate": 20000 } ],
                  "sinks": [ { "type": "kafka", "brokers": "${KAFKA_BROKERS}", "topic": "\(topic)",
                    "create_topic": true, "delivery": "exactly-once" } ] }
                """, to: "\(name).json")
        }
        func numbers(_ topic: String) async throws -> [Int: [Int64]] {
            try await CommittedRecords.read(topic).mapValues { records in
                try records.map { try #require(Int64($0.dropFirst(5).dropLast())) }
            }
        }
        let fromFile = try pipeline(first, #"{ "type": "file", "path": "in.jsonl" }"#, to: first)
        #expect(try await Self.kill(test, [fromFile], [:], seed: 3, times: 2) == 2)
        try await CommittedRecords.expectEachOnce(numbers(first), count: 60_000)

        let fromTopic = try pipeline(
            second,
            #"{ "type": "kafka", "name": "in", "brokers": "${KAFKA_BROKERS}", "topic": "\#(first)", "until": "end" }"#,
            to: second)
        #expect(try await Self.kill(test, [fromTopic], [:], seed: 4, times: 2) == 2)
        // Records of one partition stay in order in a partition only where a key says so; these have none.
        let copied = try await numbers(second).values.joined()
        #expect(copied.count == 60_000)
        #expect(Set(copied) == Set(0..<60_000))
    }

    @Test("one that stood still while a successor took over ends with exit code 76 and writes nothing more")
    func zombie() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("zombie")
        let environment = ["KAFKA_TOPIC": topic, "RATE": "500", "SEED": "5", "DELIVERY": "exactly-once"]
        let arguments = [SystemTest.pipeline("produce")]
        let first = try test.start(arguments, environment)
        #expect(await first.waitForError("begins a stream"))
        // It has committed something when there is a record to be read.
        try await SystemTest.command(
            ["kcat", "-C", "-b", try #require(SystemTest.brokers), "-t", topic, "-c", "1", "-q"]
                + ["-X", "isolation.level=read_committed"])
        first.send(SIGSTOP)
        let second = try await test.run(
            arguments + ["--report", "report.json"], environment.merging(["TTL": "1s"]) { $1 })
        #expect(second.code == 0, "\(second.errors)")
        #expect(second.errors.contains("goes on with a stream"))
        first.send(SIGCONT)
        let ending = await first.wait()
        #expect(ending.code == 76, "\(ending.errors)")
        #expect(ending.errors.contains("taken its transactional.id over"))
        // What was made and then returned at the stop is made again next time.
        let stages = try #require(try test.report()["stages"] as? [[String: Any]])
        let made = try #require(stages.first?["next"] as? Int64)
        let next = made - stages.reduce(0) { $0 + ($1["returned"] as? Int64 ?? 0) }
        try await CommittedRecords.expectEachOnce(CommittedRecords.indices(topic), count: next)
    }

    @Test("another seed than the stored one is refused, with words that name the choice; no seed goes on")
    func otherSeed() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let environment = [
            "KAFKA_TOPIC": SystemTest.freshTopic("seed"), "COUNT": "10", "SEED": "1", "DELIVERY": "exactly-once",
        ]
        let arguments = [SystemTest.pipeline("produce"), "--report", "report.json"]
        let first = try await test.run(arguments, environment)
        #expect(first.code == 0, "\(first.errors)")
        #expect(first.errors.contains("this is a new stream"))
        let other = try await test.run(arguments, environment.merging(["SEED": "2"]) { $1 })
        #expect(other.code == 78)
        #expect(other.errors.contains("transactional_id"))
        #expect(other.errors.contains("seed=1"))
        let same = try await test.run(
            arguments, environment.merging(["SEED": "random", "COUNT": "15", "BURST": "true"]) { $1 })
        #expect(same.code == 0, "\(same.errors)")
        #expect(try test.report()["records"] as? Int == 5)
    }
}

@Suite("Delivery exactly once behind an input that cannot be read again")
struct UnrepeatableInputTests {
    @Test(
        "is refused by check, as are two sinks that would commit for one group and settings without a meaning",
        arguments: [
            (#"{ "type": "file", "path": "-" }"#, #""delivery": "exactly-once""#, "an input that cannot be read again"),
            (
                #"{ "type": "kafka", "name": "in", "topic": "in", "group": "g" }"#,
                #""delivery": "exactly-once" }, { "type": "kafka", "name": "b", "topic": "b", "delivery": "exactly-once""#,
                "two that commit for a group"
            ),
            (#"{ "type": "generator" }"#, #""transaction_timeout": "30s""#, "exactly-once"),
        ])
    func refused(source: String, setting: String, words: String) async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(
            #"{ "version": 1, "source": \#(source), "sinks": [ { "type": "kafka", "topic": "out", \#(setting) } ] }"#,
            to: "p.json")
        let ending = try await test.run(["check", file])
        #expect(ending.code == 78)
        #expect(ending.errors.contains(words), "\(ending.errors)")
    }
}
