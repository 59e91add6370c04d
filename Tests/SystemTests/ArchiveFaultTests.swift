import CSQLite
import Foundation
import Testing

@Suite("Faults of the archive")
struct ArchiveFaultTests {
    static let pipeline = """
        {"version": 1, "source": {"type": "generator", "seed": 3, "count": "${COUNT:-100}"},
         "stages": [{"type": "rate-gate", "rate": "${RATE:-1000000}"}],
         "sinks": [{"type": "sqlite", "path": "${DATABASE:-a.db}"}]}
        """

    /// An archive by its application id ("SLCE"), of a version that does not exist yet.
    static let newerArchive = "CREATE TABLE t(x); PRAGMA application_id = 0x534C4345; PRAGMA user_version = 99"

    @Test("an archive held by another runner names its process")
    func held() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(Self.pipeline, to: "p.json")
        let holder = try test.start([file], ["COUNT": "unlimited", "RATE": "100"])
        #expect(await holder.waitForError("generator"))
        let second = try await test.run([file])
        #expect(second.code == 73, "\(second.errors)")
        #expect(second.errors.contains("\(holder.identifier)"), "\(second.errors)")
        holder.send(SIGINT)
        #expect(await holder.wait().code == 0)
    }

    @Test("a file that is no database, or of a newer version, is left byte for byte as it is")
    func untouched() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(Self.pipeline, to: "p.json")
        let text = String(repeating: "this is not a database\n", count: 300)
        try test.write(text, to: "a.db")
        let notDatabase = try await test.run([file])
        #expect(notDatabase.code != 0)
        #expect(notDatabase.errors.contains("a.db"), "\(notDatabase.errors)")
        #expect(try String(contentsOfFile: test.path("a.db"), encoding: .utf8) == text)

        var database: OpaquePointer?
        #expect(sqlite3_open(test.path("newer.db"), &database) == SQLITE_OK)
        #expect(sqlite3_exec(database, Self.newerArchive, nil, nil, nil) == SQLITE_OK)
        sqlite3_close(database)
        let before = try Data(contentsOf: URL(filePath: test.path("newer.db")))
        let newer = try await test.run([file], ["DATABASE": "newer.db"])
        #expect(newer.code != 0, "\(newer.errors)")
        #expect(newer.errors.contains("99"), "\(newer.errors)")
        #expect(try Data(contentsOf: URL(filePath: test.path("newer.db"))) == before)
    }

    @Test("an archive of another stream is refused and kept")
    func anotherStream() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(Self.pipeline, to: "p.json")
        #expect(try await test.run([file]).code == 0)
        let other = try await test.run([file, "--set", "source.seed=4"])
        #expect(other.code != 0)
        #expect(try ArchiveFile(path: test.path("a.db")).number("SELECT count(*) FROM transactions") == 100)
    }

    @Test("a folder that is not there is a clear error")
    func noFolder() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(Self.pipeline, to: "p.json")
        let ending = try await test.run([file], ["DATABASE": "nowhere/a.db"])
        #expect(ending.code == 73, "\(ending.errors)")
        #expect(ending.errors.contains("nowhere"), "\(ending.errors)")
    }

    @Test("a generator goes on in the archive where it stopped, without any Kafka")
    func goesOn() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(Self.pipeline, to: "p.json")
        #expect(try await test.run([file], ["COUNT": "400"]).code == 0)
        #expect(try await test.run([file], ["COUNT": "1000"]).code == 0)
        let archive = ArchiveFile(path: test.path("a.db"))
        #expect(try archive.number("SELECT count(DISTINCT transaction_id) FROM transactions") == 1_000)
        #expect(try archive.number("SELECT next FROM offsets") == 1_000)
    }

    @Test("readers query while the archive is written, and query never changes it")
    func readers() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(Self.pipeline, to: "p.json")
        let writer = try test.start([file], ["COUNT": "unlimited", "RATE": "5000"])
        #expect(await writer.waitForError("generator"))
        var last = 0
        while last == 0 {
            let ending = try await test.run([
                "query", "a.db", "SELECT count(*) AS n FROM transactions", "--format", "csv",
            ])
            if ending.code == 0 {
                last = ending.output.split(whereSeparator: \.isNewline).last.flatMap { Int($0) } ?? 0
            }
        }
        let refused = try await test.run(["query", "a.db", "DELETE FROM transactions"])
        #expect(refused.code != 0)
        writer.send(SIGTERM)
        #expect(await writer.wait().code == 0)
        #expect(try ArchiveFile(path: test.path("a.db")).number("SELECT count(*) FROM transactions") >= last)
    }
}
