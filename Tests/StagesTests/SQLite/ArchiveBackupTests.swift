import Foundation
import Pipeline
import Stages
import Testing

@Suite struct ArchiveBackupTests {
    private func archive(_ bench: ArchiveBench, rows: Range<Int64> = 0..<10) async throws -> SQLiteSink {
        let sink = try await bench.running()
        try await bench.write(.records(rows), to: sink)
        try await sink.flush()
        return sink
    }

    /// What there is but for the two files that SQLite makes beside a file that is read.
    private func files(_ bench: ArchiveBench) throws -> [String] {
        try bench.files.filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private func isProven(_ path: String) throws -> Bool {
        try ArchiveVerification(archives: [path], expectations: [], log: nil).report { _ in }.isProven
    }

    @Test("a backup made while a runner writes is the archive of that moment, and a runner goes on with it")
    func whileWritten() async throws {
        let bench = try ArchiveBench()
        let copy = try ArchiveBench()
        let sink = try await archive(bench)
        // In the transaction that is open, and so no part of it.
        try await bench.write(.records(10..<12), to: sink)
        let size = try ArchiveBackup(of: bench.path).write(to: copy.path)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy.path)).count == size)
        #expect(try copy.files == ["archive.db"])
        #expect(try mode(copy.path) == 0o600)
        try await sink.flush()
        await sink.close()
        #expect(try bench.counts() == ["0|0|12|12|12|0|0|0|0"])
        #expect(try isProven(copy.path))

        let next = try await copy.running()
        #expect(try await next.storedPositions() == [0: 10])
        #expect(try await next.storedMarks().mapValues(\.offset) == [0: 9])
        try await copy.write(.records(10..<15), to: next)
        try await next.flush()
        await next.close()
        #expect(try copy.counts() == ["0|0|15|15|15|0|0|0|0"])
    }

    @Test("what is handed over in pieces is the same archive, and nothing stays beside it")
    func pieces() async throws {
        let bench = try ArchiveBench()
        let copy = try ArchiveBench()
        let sink = try await archive(bench, rows: 0..<6_000)
        var bytes: [UInt8] = []
        var pieces = 0
        var seen: [String] = []
        let size = try ArchiveBackup(of: bench.path).send { piece throws(PipelineError) in
            bytes += piece
            pieces += 1
            seen = (try? bench.files) ?? []
        }
        #expect(bytes.count == size && pieces > 3)
        #expect(!seen.contains("archive.db.backup"))
        #expect(try files(bench) == ["archive.db", "archive.db.lock"])
        await sink.close()
        try Data(bytes).write(to: URL(fileURLWithPath: copy.path))
        #expect(try isProven(copy.path))
        #expect(try copy.query("SELECT count(*) FROM transactions") == ["6000"])
    }

    @Test("whoever takes the pieces and fails ends it, and nothing stays")
    func cutOff() async throws {
        let bench = try ArchiveBench()
        try await archive(bench).close()
        let gone = PipelineError(.inputOutput, "cannot write", reason: "the reader has gone")
        let error = await pipelineError {
            _ = try ArchiveBackup(of: bench.path).send { _ throws(PipelineError) in throw gone }
        }
        #expect(error?.reason == gone.reason)
        #expect(try files(bench) == ["archive.db"])
    }

    @Test("a file that is there is left as it is")
    func fileExists() async throws {
        let bench = try ArchiveBench()
        try await archive(bench).close()
        let other = bench.folder.appendingPathComponent("other.db")
        try Data("mine".utf8).write(to: other)
        let error = await pipelineError { _ = try ArchiveBackup(of: bench.path).write(to: other.path) }
        #expect(error?.code == .cannotCreate)
        #expect(try String(contentsOf: other, encoding: .utf8) == "mine")
        #expect(try files(bench) == ["archive.db", "other.db"])
    }

    @Test("what an attempt that was killed has left is replaced")
    func leftOver() async throws {
        let bench = try ArchiveBench()
        try await archive(bench).close()
        let copy = bench.folder.appendingPathComponent("copy.db").path
        try Data(repeating: 7, count: 100_000).write(to: URL(fileURLWithPath: copy + ".part"))
        try Data("pid 1 on nowhere\n".utf8).write(to: URL(fileURLWithPath: copy + ".part.lock"))
        _ = try ArchiveBackup(of: bench.path).write(to: copy)
        #expect(try files(bench) == ["archive.db", "copy.db"])
        #expect(try isProven(copy))
    }

    @Test("of two that make the same backup at once the second is told of the first")
    func twoAtOnce() async throws {
        let bench = try ArchiveBench()
        try await archive(bench).close()
        let backup = ArchiveBackup(of: bench.path)
        var second: PipelineError?
        _ = try backup.send { _ throws(PipelineError) in
            do {
                _ = try backup.send { _ throws(PipelineError) in }
            } catch {
                second = error as? PipelineError
            }
        }
        #expect(second?.code == .cannotCreate)
        #expect(second?.reason.contains("pid \(getpid())") == true, "\(String(describing: second))")
        #expect(try files(bench) == ["archive.db"])
    }

    @Test("a file that is not there, or is no archive, is said so, and nothing is made")
    func noArchive() async throws {
        let bench = try ArchiveBench()
        let copy = bench.folder.appendingPathComponent("copy.db").path
        var error = await pipelineError { _ = try ArchiveBackup(of: bench.path).write(to: copy) }
        #expect(error?.code == .inputOutput && error?.reason == "there is no such file")
        try Data("some notes\n".utf8).write(to: URL(fileURLWithPath: bench.path))
        error = await pipelineError { _ = try ArchiveBackup(of: bench.path).write(to: copy) }
        #expect(error?.reason == "it is not a database")
        #expect(try files(bench) == ["archive.db"])
    }

    @Test("a folder that is not there is said so")
    func noFolder() async throws {
        let bench = try ArchiveBench()
        try await archive(bench).close()
        let error = await pipelineError {
            _ = try ArchiveBackup(of: bench.path).write(to: bench.folder.path + "/nowhere/copy.db")
        }
        #expect(error?.code == .cannotCreate)
        #expect(try files(bench) == ["archive.db"])
    }
}
