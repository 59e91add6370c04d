import Foundation
import Pipeline
import Testing

@testable import Stages

@Suite struct ArchiveSecurityTests {
    @Test(
        "only its owner may read an archive, its log, its shared memory and its lock, whatever the umask")
    func mode() async throws {
        let bench = try ArchiveBench()
        let former = umask(0)
        defer { umask(former) }
        let sink = try await bench.running()
        try await bench.write(.records(0..<3), to: sink)
        try await sink.flush()
        #expect(try bench.files == ["archive.db", "archive.db-shm", "archive.db-wal", "archive.db.lock"])
        for file in try bench.files {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: bench.folder.appendingPathComponent(file).path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(file)")
        }
        await sink.close()
    }

    @Test(
        "no connection loads extensions, lets a schema be written by hand, or trusts the functions in one",
        arguments: [true, false])
    func hardened(isWriting: Bool) async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        await sink.close()
        _ = try bench.query("CREATE VIEW sly AS SELECT fts3_tokenizer('simple') AS pointer")
        let connection = try SQLiteConnection(path: bench.path, access: isWriting ? .writing : .reading)
        defer { connection.close() }
        #expect(try connection.integer("PRAGMA trusted_schema") == 0)
        let loading = #expect(throws: SQLiteFailure.self) {
            try connection.execute("SELECT load_extension('/tmp/none')")
        }
        #expect(loading?.message == "not authorized")
        try connection.execute("PRAGMA writable_schema = ON")
        let writing = #expect(throws: SQLiteFailure.self) {
            try connection.execute("UPDATE sqlite_schema SET sql = '' WHERE name = 'offsets'")
        }
        #expect(writing?.message == "table sqlite_master may not be modified")
        #expect(throws: SQLiteFailure.self) { try connection.execute("SELECT pointer FROM sly") }
    }

    @Test("values of records are bound: what looks like SQL is stored as it is")
    func values() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        let sly = "'); DROP TABLE offsets; --"
        var batch = TransactionBatch.records(0..<2)
        batch.rows[0].values["location"] = sly
        batch.rows[1].values["transaction_id"] = sly
        try await bench.write(batch, to: sink)
        try await sink.flush()
        await sink.close()
        #expect(try bench.query("SELECT location FROM transactions WHERE kafka_offset = 0") == [sly])
        #expect(try bench.query("SELECT transaction_id FROM transactions WHERE kafka_offset = 1") == [sly])
        #expect(try bench.counts() == ["0|0|2|2|2|0|0|0|0"])
    }
}
