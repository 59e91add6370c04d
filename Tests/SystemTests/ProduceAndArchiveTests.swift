import Foundation
import Pipeline
import Stages
import Testing

@Suite("Produce and archive through a real Kafka", .enabled(if: SystemTest.brokers != nil, SystemTest.noKafka))
struct ProduceAndArchiveTests {
    /// Every row must be the record that its seed and index say, and every index must be there once.
    static func expectStream(_ archive: ArchiveFile, seed: Int64, count: Int) throws {
        let stream = TransactionStream(TransactionSettings(seed: seed))
        let rows = try archive.rows(
            """
            SELECT transaction_id, atm_id, region_id, printf('%.2f', amount), status_code, user_id, card_number, transaction_type,
                location, currency, timestamp FROM transactions
            """)
        #expect(rows.count == count)
        var seen = Set<Int64>()
        var differences: [String] = []
        for row in rows {
            let id = row[0] ?? ""
            guard let parts = TransactionIdentifier(id) else {
                differences.append("no id: \(id)")
                continue
            }
            seen.insert(parts.index)
            // Under the wall clock a record's time is its sending time, which the id carries in milliseconds.
            let expected = stream.transaction(at: parts.index, time: Timestamp(milliseconds: parts.milliseconds))
            let found = row.dropLast().map { $0 ?? "NULL" } + [String((row[10] ?? "").prefix(23))]
            let wanted = [
                expected.transactionID, expected.atmID, expected.regionID, expected.amount, expected.statusCode,
                expected.userID, expected.cardNumber, expected.transactionType, expected.locationName,
                expected.currencyCode, String(expected.timestamp.prefix(23)),
            ]
            if found != wanted { differences.append("record \(parts.index): \(found) instead of \(wanted)") }
        }
        #expect(differences.isEmpty, "\(differences.prefix(3))")
        #expect(seen == Set(0..<Int64(count)))
    }

    @Test("two hundred thousand records produced and archived are the stream made again from its seed")
    func wholeStream() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("whole")
        let produced = try await test.run(
            [SystemTest.pipeline("produce"), "--report", "produce.json"],
            ["KAFKA_TOPIC": topic, "COUNT": "200000", "BURST": "true", "SEED": "7"])
        #expect(produced.code == 0, "\(produced.errors)")
        let archived = try await test.run(
            [SystemTest.pipeline("consume-to-sqlite"), "--report", "archive.json"],
            ["KAFKA_TOPIC": topic, "UNTIL": "end", "DATABASE": test.path("a.db")])
        #expect(archived.code == 0, "\(archived.errors)")
        for name in ["produce.json", "archive.json"] {
            let report = try test.report(name)
            #expect(report["records"] as? Int == 200_000)
            #expect(report["balanced"] as? Bool == true)
            #expect(report["outcome"] as? String == "completed")
        }
        let sink = try #require((try test.report("produce.json")["stages"] as? [[String: Any]])?.last)
        #expect(sink["delivered"] as? Int == 200_000)
        try Self.expectStream(ArchiveFile(path: test.path("a.db")), seed: 7, count: 200_000)
    }

    @Test("SIGTERM in mid-stream stops both in order, and a second run of the archive goes on: none lost, none twice")
    func interrupted() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("interrupted")
        let producer = try test.start(
            [SystemTest.pipeline("produce"), "--report", "produce.json"],
            ["KAFKA_TOPIC": topic, "RATE": "20000", "SEED": "11"])
        let archive = try test.start(
            [SystemTest.pipeline("consume-to-sqlite"), "--report", "first.json"],
            ["KAFKA_TOPIC": topic, "DATABASE": test.path("a.db")])
        try await ArchiveFile(path: test.path("a.db")).waitForRows()
        archive.send(SIGTERM)
        let firstEnding = await archive.wait()
        #expect(firstEnding.code == 0, "\(firstEnding.errors)")
        producer.send(SIGTERM)
        let producerEnding = await producer.wait()
        #expect(producerEnding.code == 0, "\(producerEnding.errors)")
        let sent = try #require(try test.report("produce.json")["records"] as? Int)
        #expect(try test.report("produce.json")["outcome"] as? String == "interrupted")

        let second = try await test.run(
            [SystemTest.pipeline("consume-to-sqlite"), "--report", "second.json"],
            ["KAFKA_TOPIC": topic, "UNTIL": "end", "DATABASE": test.path("a.db")])
        #expect(second.code == 0, "\(second.errors)")
        let inFirst = try #require(try test.report("first.json")["records"] as? Int)
        let inSecond = try #require(try test.report("second.json")["records"] as? Int)
        #expect(inFirst > 0)
        #expect(inFirst + inSecond == sent)
        try Self.expectStream(ArchiveFile(path: test.path("a.db")), seed: 11, count: sent)
        #expect(try ArchiveFile(path: test.path("a.db")).number("SELECT sum(repeated) FROM offsets") == 0)
    }

    @Test("an archive killed with SIGKILL goes on with nothing lost and nothing twice")
    func killed() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("killed")
        let count = 300_000
        let produced = try await test.run(
            [SystemTest.pipeline("produce")],
            ["KAFKA_TOPIC": topic, "COUNT": "\(count)", "BURST": "true", "SEED": "13"])
        #expect(produced.code == 0, "\(produced.errors)")
        let environment = ["KAFKA_TOPIC": topic, "DATABASE": test.path("a.db"), "UNTIL": "end"]
        let arguments = [SystemTest.pipeline("consume-to-sqlite"), "--set", "sinks.sqlite.batch_records=1000"]
        var rows = 0
        for _ in 0..<3 {
            let archive = try test.start(arguments, environment)
            try await ArchiveFile(path: test.path("a.db")).waitForRows(moreThan: rows)
            archive.send(SIGKILL)
            _ = await archive.wait()
            rows = try ArchiveFile(path: test.path("a.db")).number("SELECT count(*) FROM transactions")
            #expect(rows < count)
        }
        let last = try await test.run(arguments, environment)
        #expect(last.code == 0, "\(last.errors)")
        try Self.expectStream(ArchiveFile(path: test.path("a.db")), seed: 13, count: count)
    }

    @Test("a standby takes over from an archive that is killed: nothing is lost and nothing stored twice")
    func takeover() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("takeover")
        let count = 60_000
        let producer = try test.start(
            [SystemTest.pipeline("produce")],
            ["KAFKA_TOPIC": topic, "COUNT": "\(count)", "RATE": "20000", "SEED": "17"])
        let environment = ["KAFKA_TOPIC": topic, "DATABASE": test.path("a.db"), "WHEN_LOCKED": "wait"]
        let arguments = [SystemTest.pipeline("consume-to-sqlite")]
        let archive = ArchiveFile(path: test.path("a.db"))
        var holder = try test.start(arguments, environment)
        for _ in 0..<2 {
            try await archive.waitForRows()
            let standby = try test.start(arguments, environment)
            #expect(await standby.waitForError("stands by"))
            let rows = try archive.number("SELECT count(*) FROM transactions")
            holder.send(SIGKILL)
            let killed = await holder.wait()
            #expect(killed.wasKilled, "\(killed.errors)")
            #expect(await standby.waitForError("takes the archive over"))
            try await archive.waitForRows(moreThan: rows)
            let named = try test.start(arguments, environment)
            // The next one names the standby as the holder, and Ctrl-C ends it at once.
            #expect(await named.waitForError("pid \(standby.identifier) on "))
            named.send(SIGINT)
            let ending = await named.wait(limit: .seconds(10))
            #expect(ending.code == 0, "\(ending.errors)")
            holder = standby
        }
        let produced = await producer.wait()
        #expect(produced.code == 0, "\(produced.errors)")
        try await archive.waitForRows(moreThan: count - 1)
        holder.send(SIGTERM)
        let ending = await holder.wait()
        #expect(ending.code == 0, "\(ending.errors)")
        try Self.expectStream(archive, seed: 17, count: count)
        #expect(try archive.number("SELECT sum(rows) - sum(next - first_claimed) FROM offsets") == 0)
    }

    @Test("the rate is kept: two thousand a second for three seconds within one percent")
    func rate() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let ending = try await test.run(
            [SystemTest.pipeline("produce"), "--report", "report.json"],
            ["KAFKA_TOPIC": SystemTest.freshTopic("rate"), "RATE": "2000", "TTL": "3s"])
        #expect(ending.code == 0, "\(ending.errors)")
        let report = try test.report()
        #expect(report["outcome"] as? String == "ttl")
        let records = try #require(report["records"] as? Int)
        #expect((5_940...6_060).contains(records), "\(records)")
        #expect(report["target_per_second"] as? Double == 2_000)
    }

    @Test("a time to live ends a slow producer and an idle consumer in time")
    func timeToLive() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("idle")
        let slow = try await test.run(
            [SystemTest.pipeline("produce"), "--report", "report.json"],
            ["KAFKA_TOPIC": topic, "RATE": "0.1", "TTL": "2s"])
        #expect(slow.code == 0, "\(slow.errors)")
        let elapsed = try #require(try test.report()["elapsed_seconds"] as? Double)
        #expect((1.95...2.4).contains(elapsed), "\(elapsed)")
        let idle = try await test.run(
            [SystemTest.pipeline("consume"), "--report", "report.json"],
            ["KAFKA_TOPIC": topic, "TTL": "2s", "KAFKA_GROUP": SystemTest.freshTopic("group")])
        #expect(idle.code == 0, "\(idle.errors)")
        #expect(try test.report()["outcome"] as? String == "ttl")
    }

    @Test("a group goes on where it stopped")
    func group() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("group")
        let environment = [
            "KAFKA_TOPIC": topic, "KAFKA_GROUP": SystemTest.freshTopic("group"), "OFFSET_RESET": "earliest",
            "UNTIL": "end", "FORMAT": "json",
        ]
        for seed in ["1", "2"] {
            let produced = try await test.run(
                [SystemTest.pipeline("produce")],
                ["KAFKA_TOPIC": topic, "COUNT": "500", "BURST": "true", "SEED": seed])
            #expect(produced.code == 0, "\(produced.errors)")
            let consumed = try await test.run(
                [SystemTest.pipeline("consume"), "--report", "report.json"], environment)
            #expect(consumed.code == 0, "\(consumed.errors)")
            #expect(try test.report()["records"] as? Int == 500)
            #expect(consumed.output.split(separator: "\n").count { $0.hasPrefix("{\"transaction_id\"") } == 500)
        }
    }
}
