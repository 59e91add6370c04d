import Foundation
import Testing

@Suite(
    "Exactly once from topic to topic, by the members of a group",
    .enabled(if: SystemTest.brokers != nil, SystemTest.noKafka))
struct ExactlyOnceRelayTests {
    private static let count = 60_000

    /// A topic of transactions in three partitions, and the file of a pipeline whose members copy it.
    private static func prepare(_ test: SystemTest) async throws -> (file: String, output: String) {
        let (input, output) = (SystemTest.freshTopic("relay-in"), SystemTest.freshTopic("relay-out"))
        let producing = try await test.run(
            [SystemTest.pipeline("produce")],
            ["KAFKA_TOPIC": input, "COUNT": "\(count)", "RATE": "\(count)", "BURST": "unlimited", "SEED": "1"])
        #expect(producing.code == 0, "\(producing.errors)")
        let file = try test.write(
            """
            { "version": 1, "name": "relay",
              "source": { "type": "kafka", "name": "in", "brokers": "${KAFKA_BROKERS}", "topic": "\(input)",
                "group": "\(output)", "until": "${UNTIL:-forever}",
                "properties": { "session.timeout.ms": 6000, "heartbeat.interval.ms": 300 } },
              "stages": [ { "type": "rate-gate", "rate": "${RATE:-3000}" } ],
              "sinks": [ { "type": "kafka", "brokers": "${KAFKA_BROKERS}", "topic": "\(output)",
                "create_topic": { "partitions": 3 }, "delivery": "exactly-once", "transaction_timeout": "${PATIENCE:-8s}" } ] }
            """, to: "relay.json")
        return (file, output)
    }

    /// Lets one member bring to an end what the others have left.
    private static func finish(_ test: SystemTest, _ file: String) async throws -> RunnerProcess.Ending {
        try await test.run([file], ["UNTIL": "end", "RATE": "30000"])
    }

    @Test("members come, go and are killed: each record is seen once, in order")
    func killed() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let (file, output) = try await Self.prepare(test)
        var moments = KillMoments(seed: 7)
        var members = [try test.start([file]), try test.start([file])]
        for round in 0..<6 {
            // Not a wait for anything: the moment is to be any.
            try await ContinuousClock().sleep(for: moments.next())
            let leaving = members.removeFirst()
            leaving.send(round % 3 == 2 ? SIGTERM : SIGKILL)
            members.append(try test.start([file]))
            let ending = await leaving.wait()
            #expect(ending.wasKilled || ending.code == 0, "\(ending.errors)")
        }
        for member in members { member.send(SIGTERM) }
        for member in members {
            let ending = await member.wait()
            #expect(ending.code == 0, "\(ending.errors)")
        }
        let last = try await Self.finish(test, file)
        #expect(last.code == 0, "\(last.errors)")
        try await CommittedRecords.expectEachOnce(CommittedRecords.indices(output), count: Int64(Self.count))
    }

    @Test("a member that stood still for longer than its session commits nothing more of what it had, and joins again")
    func zombie() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let (file, output) = try await Self.prepare(test)
        let sleeper = try test.start([file, "--report", "report.json"], ["RATE": "1000", "PATIENCE": "60s"])
        #expect(await sleeper.waitForError("reads partitions"))
        try await SystemTest.command(
            ["kcat", "-C", "-b", try #require(SystemTest.brokers), "-t", output, "-c", "1", "-q"]
                + ["-X", "isolation.level=read_committed"])
        sleeper.send(SIGSTOP)
        // It ends when it has read everything, so the group has given it all partitions by then.
        let other = try await Self.finish(test, file)
        #expect(other.code == 0, "\(other.errors)")
        sleeper.send(SIGCONT)
        #expect(await sleeper.waitForError("gave partitions back"))
        sleeper.send(SIGTERM)
        let ending = await sleeper.wait()
        #expect(ending.code == 0, "\(ending.errors)")
        try await CommittedRecords.expectEachOnce(CommittedRecords.indices(output), count: Int64(Self.count))
    }
}
