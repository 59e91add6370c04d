import Foundation
import Pipeline
import Synchronization
import Testing

@testable import Stages

@Suite struct SQLiteOpeningTests {
    /// Opens a sink on a file that it must refuse, and checks that nothing of the folder changed.
    private func refusal(
        _ bench: ArchiveBench, _ settings: [String: SettingValue] = [:],
        _ operation: (SQLiteSink) async throws -> Void = { _ in }
    ) async throws -> PipelineError {
        let files = try bench.files
        let before = try files.map { try Data(contentsOf: bench.folder.appendingPathComponent($0)) }
        let sink = try bench.sink(settings)
        let error = await pipelineError {
            try await sink.open(bench.context())
            try await operation(sink)
        }
        await sink.close()
        #expect(try bench.files == files)
        #expect(try files.map { try Data(contentsOf: bench.folder.appendingPathComponent($0)) } == before)
        return try #require(error)
    }

    /// An archive with ten rows, closed.
    private func archive() async throws -> ArchiveBench {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        try await bench.write(.records(0..<10), to: sink)
        try await sink.flush()
        await sink.close()
        return bench
    }

    @Test("an archive held by another sink is refused, naming the holder's pid, and is free when that one is closed")
    func lock() async throws {
        let bench = try ArchiveBench()
        let first = try await bench.running()
        let second = try bench.sink()
        let error = await pipelineError { try await second.open(bench.context()) }
        #expect(error?.code == .cannotCreate)
        #expect(error?.isRetriable == false)
        #expect(error?.reason.contains("pid \(ProcessInfo.processInfo.processIdentifier) on ") == true)
        await second.close()
        #expect(try bench.files.contains("archive.db.lock"))
        try await bench.write(.records(0..<10), to: first)
        try await first.flush()
        await first.close()
        try await second.open(bench.context())
        #expect(try await second.storedPositions() == [0: 10])
        await second.close()
        #expect(try bench.files == ["archive.db"])
    }

    @Test("a lock file left by a process that was killed holds nobody up")
    func staleLock() async throws {
        let bench = try ArchiveBench()
        try Data("pid 1 on nowhere\n".utf8).write(to: URL(fileURLWithPath: bench.path + ".lock"))
        let sink = try await bench.running()
        await sink.close()
        #expect(try bench.files == ["archive.db"])
    }

    @Test("an empty file becomes an archive")
    func emptyFile() async throws {
        let bench = try ArchiveBench()
        try Data().write(to: URL(fileURLWithPath: bench.path))
        let sink = try await bench.running()
        await sink.close()
        #expect(try bench.query("SELECT count(*) FROM transactions") == ["0"])
    }

    @Test(
        "a file that is no database stays as it is",
        arguments: ["some notes\n", "SQLite format 3\0 but no more", String(repeating: "x", count: 5_000)])
    func notADatabase(content: String) async throws {
        let bench = try ArchiveBench()
        try Data(content.utf8).write(to: URL(fileURLWithPath: bench.path))
        let error = try await refusal(bench)
        #expect(error.code == .cannotCreate)
        #expect(error.reason == "it is not a database")
    }

    @Test("a database that is no archive stays as it is")
    func otherDatabase() async throws {
        let bench = try ArchiveBench()
        try Data().write(to: URL(fileURLWithPath: bench.path))
        _ = try bench.query("CREATE TABLE transactions (a)")
        let error = try await refusal(bench)
        #expect(error.reason == "it is a database, but not an archive")
    }

    @Test("an archive of a newer version stays as it is")
    func newerVersion() async throws {
        let bench = try await archive()
        _ = try bench.query("PRAGMA user_version = 4")
        let error = try await refusal(bench)
        #expect(error.code == .cannotCreate)
        #expect(error.reason.hasPrefix("it was made by a newer version"))
    }

    @Test("an archive of an earlier version stays as it is, and can be queried")
    func earlierVersion() async throws {
        let bench = try await archive()
        _ = try bench.query("PRAGMA user_version = 1")
        let error = try await refusal(bench)
        #expect(error.code == .cannotCreate)
        #expect(error.reason.hasPrefix("it was made by an earlier version"))
        try ArchiveReader(path: bench.path).close()
    }

    @Test("an archive of version 2 is brought to version 3 by whoever writes it, and queried as it is before")
    func upgrade() async throws {
        let bench = try await archiveOfVersion2()
        let query = ArchiveQuery(path: bench.path)
        var summary = ""
        try query.summary { summary += $0 }
        #expect(
            summary.contains("  0                      0    10    10     9         0        0     1      0     0\n"))
        #expect(try bench.query("PRAGMA user_version") == ["2"])
        let sink = try bench.sink()
        try await sink.open(bench.context())
        #expect(try await sink.storedPositions() == [0: 10])
        // Only the first transaction changes the file: a stream that is refused leaves it to the earlier version.
        let other = StreamIdentity(cluster: "cluster-1", topic: "other")
        #expect(await pipelineError { try await sink.begin(other, at: [0: 0]) }?.code == .configuration)
        #expect(try bench.query("PRAGMA user_version") == ["2"])
        try await sink.begin(TransactionBatch.stream, at: [0: 0, 1: 0])
        try await sink.start()
        // The header of the file itself, where an earlier version looks.
        #expect(try Data(contentsOf: URL(fileURLWithPath: bench.path))[60..<64].elementsEqual([0, 0, 0, 3]))
        var batch = TransactionBatch.records(10..<15)
        batch.dead = [12]
        try await bench.write(batch, to: sink)
        try await sink.flush()
        await sink.close()
        #expect(try bench.counts() == ["0|0|15|15|13|0|0|2|0", "1|0|0|0|0|0|0|0|0"])
        #expect(
            try bench.query(
                "SELECT id, stage, partition, generation, offset, hex(key), value IS NULL FROM dead_letters")
                == ["7|filter|0|0|3|00FF|1", "8|filter|0|0|12|41544D2D32|0"])
        #expect(try bench.query("SELECT last_offset, epoch FROM offsets") == ["14|2", "null|1"])
        #expect(try bench.query("SELECT next FROM lag") == ["15", "0"])
        #expect(
            try bench.query("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY 1") == [
                "dead_letters", "lag", "meta", "offsets", "transactions", "transactions_rows",
            ])
        let fresh = try await archive()
        for table in ["offsets", "dead_letters"] {
            let columns = "SELECT name, type, pk FROM pragma_table_info('\(table)')"
            #expect(try bench.query(columns) == fresh.query(columns))
        }
        #expect(try bench.query("PRAGMA integrity_check") == ["ok"])
    }

    @Test("an upgrade that a crash left in the log is known by the next writer and reader")
    func unwrittenUpgrade() async throws {
        let bench = try await archiveOfVersion2()
        let crashed = try ArchiveBench()
        let reader = try LongReader(bench.path)
        let sink = try await bench.running()
        try await bench.write(.records(10..<15), to: sink)
        try await sink.flush()
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: bench.path + suffix, toPath: crashed.path + suffix)
        }
        reader.close()
        await sink.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: crashed.path))[60..<64].elementsEqual([0, 0, 0, 2]))
        let next = try await crashed.running()
        #expect(try await next.storedPositions() == [0: 15])
        await next.close()
        #expect(try crashed.query("SELECT generation, next, epoch FROM offsets") == ["0|15|3"])
    }

    /// An archive of ten records, one of them dead, as version 2 made it; and a view of somebody's own.
    private func archiveOfVersion2() async throws -> ArchiveBench {
        let bench = try await archive()
        let tables = [
            """
            CREATE TABLE former (
                partition INTEGER PRIMARY KEY, first_claimed INTEGER NOT NULL, next INTEGER NOT NULL,
                epoch INTEGER NOT NULL, read INTEGER NOT NULL DEFAULT 0, rows INTEGER NOT NULL DEFAULT 0,
                repeated INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0,
                dead INTEGER NOT NULL DEFAULT 0, holes INTEGER NOT NULL DEFAULT 0,
                last_offset INTEGER, last_timestamp_us INTEGER, last_crc32 INTEGER,
                CHECK (read = rows + repeated + dropped + dead)
            ) STRICT
            """,
            "INSERT INTO former VALUES (0, 0, 10, 1, 10, 9, 0, 0, 1, 0, 9, 1000009, 12345)",
            "DROP TABLE offsets", "ALTER TABLE former RENAME TO offsets", "DROP TABLE dead_letters",
            """
            CREATE TABLE dead_letters (
                id INTEGER PRIMARY KEY, stage TEXT NOT NULL, reason TEXT NOT NULL, topic TEXT NOT NULL,
                partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, timestamp_us INTEGER NOT NULL,
                "key" BLOB, value BLOB, headers BLOB, UNIQUE (topic, partition, "offset", stage)
            ) STRICT
            """,
            "INSERT INTO dead_letters VALUES (7, 'filter', 'has no use', 'atm-transactions', 0, 3, 5, x'00ff', NULL, NULL)",
            "DELETE FROM transactions_rows WHERE kafka_offset = 3",
            "CREATE VIEW lag AS SELECT partition, next FROM offsets", "PRAGMA user_version = 2",
        ]
        for table in tables { _ = try bench.query(table) }
        return bench
    }

    @Test(
        "an archive of another topic or cluster stays as it is",
        arguments: [
            StreamIdentity(cluster: "cluster-1", topic: "other"),
            StreamIdentity(cluster: "cluster-2", topic: "atm-transactions"),
        ])
    func otherStream(stream: StreamIdentity) async throws {
        let bench = try await archive()
        let error = try await refusal(bench) { try await $0.begin(stream, at: [0: 0]) }
        #expect(error.code == .configuration)
        #expect(error.reason == "the file is the archive of the topic atm-transactions of cluster-1")
    }

    @Test("an archive with other columns stays as it is")
    func otherColumns() async throws {
        let bench = try await archive()
        let columns = SettingValue.list([.object(["name": .text("transaction_id"), "key": .boolean(true)])])
        let error = try await refusal(bench, ["columns": columns])
        #expect(error.code == .configuration)
        #expect(error.reason.contains("has the columns transaction_id TEXT key, atm_id TEXT"))
        #expect(try await refusal(bench, ["table": .text("payments")]).reason == "it has no table \"payments\"")
    }

    @Test("a folder that is not there, and a folder in the file's place, are refused")
    func places() async throws {
        let bench = try ArchiveBench()
        let missing = try await refusal(bench, ["path": .text(bench.folder.path + "/no/archive.db")])
        #expect(missing.code == .cannotCreate)
        #expect(missing.remedy?.contains("folder must exist") == true)
        try FileManager.default.createDirectory(atPath: bench.path, withIntermediateDirectories: false)
        let sink = try bench.sink()
        let error = await pipelineError { try await sink.open(bench.context()) }
        #expect(error?.reason == "it is not a regular file")
    }

    @Test("a file without write permission is refused", .disabled(if: getuid() == 0, "root may write everything"))
    func readOnly() async throws {
        let bench = try await archive()
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: bench.path)
        let error = try await refusal(bench)
        #expect(error.code == .cannotCreate)
        #expect(error.reason == "it is not writable")
    }

    @Test("a database that is damaged inside is told, and not written to")
    func damaged() async throws {
        let bench = try await archive()
        var content = try Data(contentsOf: URL(fileURLWithPath: bench.path))
        content.replaceSubrange(100..<4_000, with: repeatElement(0xA5, count: 3_900))
        try content.write(to: URL(fileURLWithPath: bench.path))
        let error = try await refusal(bench)
        #expect(error.code == .inputOutput)
        #expect(error.isRetriable == false)
    }

    @Test("the log is written back once it has the size of checkpoint, and a long reader is told of once")
    func checkpoint() async throws {
        let bench = try ArchiveBench()
        let warnings = Mutex<[String]>([])
        let sink = try bench.sink([
            "checkpoint": .size(65_536), "page_size": .size(4_096), "synchronous": .text("normal"),
        ])
        try await sink.open(
            bench.context(log: Log { entry in warnings.withLock { $0.append(entry.message) } }))
        try await sink.begin(TransactionBatch.stream, at: [0: 0])
        try await sink.start()
        func write(_ range: Range<Int64>) async throws {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: 200) {
                try await bench.write(.records(start..<start + 200), to: sink)
                try await sink.flush()
            }
        }
        func logSize() throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: bench.path + "-wal")
            return (attributes[.size] as? NSNumber)?.intValue ?? 0
        }
        try await write(0..<1_600)
        #expect(try logSize() < 400_000)
        #expect(warnings.withLock { $0 } == [])
        let reader = try LongReader(bench.path)
        try await write(1_600..<4_000)
        #expect(try logSize() > 600_000)
        #expect(warnings.withLock { $0.count } == 1)
        reader.close()
        try await write(4_000..<4_400)
        await sink.close()
        #expect(try bench.query("SELECT count(*) FROM transactions") == ["4400"])
        #expect(try bench.query("PRAGMA integrity_check") == ["ok"])
    }

    @Test("another program's write lock is waited for, then is an error that may pass, and nothing is lost")
    func busy() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running(["busy_timeout": .duration(.milliseconds(10))])
        let other = try LongReader(bench.path, "BEGIN IMMEDIATE")
        let error = await pipelineError { try await bench.write(.records(0..<5), to: sink) }
        #expect(error?.code == .inputOutput)
        #expect(error?.isRetriable == true)
        other.close()
        await sink.close()
        try await sink.open(bench.context())
        try await sink.start()
        try await bench.write(.records(0..<5), to: sink)
        try await sink.flush()
        await sink.close()
        #expect(bench.acknowledgements.count == 1)
        #expect(try bench.counts() == ["0|0|5|5|5|0|0|0|0"])
    }

    @Test(
        "settings that cannot be are refused before anything is opened",
        arguments: [
            ("table", SettingValue.text("offsets")), ("table", .text("a b")), ("table", .text("sqlite_x")),
            ("table", .text("1a")), ("path", .text(":memory:")), ("path", .text("file:x?mode=memory")),
            ("page_size", .size(5_000)), ("columns", .list([.object(["name": .text("kafka_offset")])])),
            ("columns", .list([.object(["name": .text("a\"b")])])),
            ("columns", .list([.object(["name": .text("a")]), .object(["name": .text("A")])])),
        ])
    func settings(name: String, value: SettingValue) throws {
        let setting = try #require(SQLiteSink.definition.settings.first { $0.name == name })
        #expect(setting.problem(with: value) != nil)
        if let usual = setting.defaultValue { #expect(setting.problem(with: usual) == nil) }
    }

    @Test("two ways of writing one path name one exclusive resource")
    func exclusiveResource() throws {
        func resource(_ path: String) -> String? {
            SQLiteSink.definition.traits(SettingValues(["path": .text(path)])).exclusiveResource
        }
        #expect(resource("/tmp/a/../b.db") == "/tmp/b.db")
        #expect(resource("b.db") == FileManager.default.currentDirectoryPath + "/b.db")
        #expect(resource("./b.db") == resource("b.db"))
    }
}
