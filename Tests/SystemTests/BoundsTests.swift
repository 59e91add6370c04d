import CSQLite
import Foundation
import Stages
import Testing

/// A minute in which nothing goes out, while more comes in than fits: memory stays within its bounds, nobody leaves a
/// group, and then everything goes out.
@Suite("Bounds", .enabled(if: SystemTest.brokers != nil, SystemTest.noKafka), .timeLimit(.minutes(5)))
struct BoundsTests {
    private static let minute = Duration.seconds(60)
    private static let records = 600_000
    private static let limit = 150_000_000

    /// The most memory a process has had resident, in bytes.
    private static func peak(of process: RunnerProcess) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.identifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) }) * 1_024
    }

    @Test("an archive that is locked for a minute takes no more than 150 MB, and then every record")
    func archive() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("bounds-archive")
        try await SystemTest.produceWithKcat(["k\tx"], topic: topic)
        let archive = ArchiveFile(path: test.path("a.db"))
        let archiver = try test.start(
            [SystemTest.pipeline("consume-to-sqlite")],
            ["KAFKA_TOPIC": topic, "DATABASE": archive.path])
        // The one bad record is its dead letter: from here on the archiver holds no lock until more comes.
        while (try? archive.number("SELECT count(*) FROM dead_letters")) != 1 { await Task.yield() }
        var database: OpaquePointer?
        defer { sqlite3_close(database) }
        #expect(sqlite3_open(archive.path, &database) == SQLITE_OK)
        sqlite3_busy_timeout(database, 10_000)
        #expect(sqlite3_exec(database, "BEGIN IMMEDIATE", nil, nil, nil) == SQLITE_OK)
        try await fill(topic, test)
        try await Task.sleep(for: Self.minute)
        #expect(try Self.peak(of: archiver) < Self.limit)
        #expect(sqlite3_exec(database, "ROLLBACK", nil, nil, nil) == SQLITE_OK)
        while try archive.number("SELECT count(*) FROM transactions") < Self.records { await Task.yield() }
        #expect(try Self.peak(of: archiver) < Self.limit)
        archiver.send(SIGTERM)
        let ending = await archiver.wait()
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(try archive.number("SELECT count(*) FROM dead_letters") == 1)
    }

    @Test("a producer whose broker is away for a minute takes no more than 150 MB, and then sends what it has")
    func producer() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let broker = try EmbeddedBroker()
        defer { broker.stop() }
        try broker.makeTopic("t")
        let producer = try test.start(
            [SystemTest.pipeline("produce"), "--report", "report.json"],
            ["KAFKA_BROKERS": broker.address, "KAFKA_TOPIC": "t", "BURST": "true"])
        #expect(await producer.waitForError("begins a stream"))
        broker.setReachable(false)
        try await Task.sleep(for: Self.minute)
        #expect(try Self.peak(of: producer) < Self.limit)
        broker.setReachable(true)
        producer.send(SIGTERM)
        let ending = await producer.wait()
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(try test.report()["balanced"] as? Bool == true)
    }

    @Test("a group member whose sink takes nothing for a minute stays a member, within 150 MB, and then delivers all")
    func group() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("bounds-group")
        try await fill(topic, test)
        let file = try test.write(
            """
            {"version": 1, "memory": "32MiB",
             "source": {"type": "kafka", "brokers": "${KAFKA_BROKERS}", "topic": "\(topic)", "group": "\(topic)",
                        "properties": {"session.timeout.ms": 6000, "max.poll.interval.ms": 10000}},
             "sinks": [{"type": "file", "path": "\(test.path("pipe"))"}]}
            """, to: "p.json")
        #expect(mkfifo(test.path("pipe"), 0o600) == 0)
        // Open for both, so that whoever writes finds a reader, which does not read.
        let pipe = open(test.path("pipe"), O_RDWR | O_NONBLOCK)
        defer { close(pipe) }
        let member = try test.start([file])
        #expect(await member.waitForError("reads partitions"))
        try await Task.sleep(for: Self.minute)
        #expect(try Self.peak(of: member) < Self.limit)
        var lines = 0
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while lines < Self.records {
            let count = read(pipe, &bytes, bytes.count)
            if count > 0 { lines += bytes[..<count].count { $0 == 0x0A } } else { await Task.yield() }
        }
        member.send(SIGTERM)
        let ending = await member.wait()
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(lines == Self.records)
        #expect(ending.errors.components(separatedBy: "reads partitions").count == 2, "\(ending.errors)")
    }

    private func fill(_ topic: String, _ test: SystemTest) async throws {
        let produced = try await test.run(
            [SystemTest.pipeline("produce"), "-q"],
            ["KAFKA_TOPIC": topic, "COUNT": "\(Self.records)", "BURST": "true"])
        #expect(produced.code == 0, "\(produced.errors)")
    }
}
