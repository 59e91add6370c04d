import Foundation
import Pipeline
import Stages
import Testing

/// The second line behind the lock: two sinks on one file, of which somebody has removed the lock.
@Suite struct ArchiveFenceTests {
    /// An older sink with an open transaction, and the younger one that took over from it.
    private func two() async throws -> (bench: ArchiveBench, older: SQLiteSink, younger: SQLiteSink) {
        let bench = try ArchiveBench()
        let older = try await bench.running()
        try await bench.write(.records(0..<5), to: older)
        try await older.flush()
        try FileManager.default.removeItem(atPath: bench.path + ".lock")
        let younger = try await bench.running()
        return (bench, older, younger)
    }

    @Test("the older of two that write is fenced at its next transaction, and nothing of it is stored")
    func older() async throws {
        let (bench, older, younger) = try await two()
        let error = await pipelineError { try await bench.write(.records(5..<9), to: older) }
        #expect(error?.code == .fenced)
        #expect(error?.isRetriable == false)
        #expect(error?.remedy?.contains("One process writes an archive") == true)
        try await bench.write(.records(5..<7), to: younger)
        try await younger.flush()
        // Neither does it take the younger one's lock with it.
        await older.close()
        #expect(try bench.files.contains("archive.db.lock"))
        await younger.close()
        #expect(try bench.counts() == ["0|0|7|7|7|0|0|0|0"])
        #expect(bench.acknowledgements.count == 2)
    }

    @Test("dead letters of a fenced sink are not stored either")
    func deadLetters() async throws {
        let (bench, older, younger) = try await two()
        var batch = TransactionBatch.records(5..<9)
        batch.dead = [6]
        let error = await pipelineError { try await bench.write(batch, to: older) }
        #expect(error?.code == .fenced)
        await older.close()
        await younger.close()
        #expect(try bench.query("SELECT count(*) FROM dead_letters") == ["0"])
    }

    @Test("one that looked before another began the archive is fenced when it begins, and harms nobody")
    func beginning() async throws {
        let bench = try ArchiveBench()
        let sleeper = try bench.sink()
        try await sleeper.open(bench.context())
        try FileManager.default.removeItem(atPath: bench.path + ".lock")
        let other = try await bench.running()
        let error = await pipelineError { try await sleeper.begin(TransactionBatch.stream, at: [0: 0]) }
        #expect(error?.code == .fenced)
        #expect(error?.isRetriable == false)
        await sleeper.close()
        try await bench.write(.records(0..<5), to: other)
        try await other.flush()
        await other.close()
        #expect(try bench.counts() == ["0|0|5|5|5|0|0|0|0"])
    }

    @Test("one that was fenced adds no partitions")
    func newPartitions() async throws {
        let (bench, older, younger) = try await two()
        let error = await pipelineError { try await older.begin(TransactionBatch.stream, at: [1: 0]) }
        #expect(error?.code == .fenced)
        try await younger.begin(TransactionBatch.stream, at: [1: 0])
        await older.close()
        await younger.close()
        #expect(try bench.query("SELECT count(*) FROM offsets") == ["2"])
    }

    @Test("the younger one cannot take over while the older one's transaction is open: one of the two is first")
    func openTransaction() async throws {
        let bench = try ArchiveBench()
        let older = try await bench.running()
        try await bench.write(.records(0..<5), to: older)
        try FileManager.default.removeItem(atPath: bench.path + ".lock")
        let younger = try bench.sink(["busy_timeout": .duration(.milliseconds(10))])
        try await younger.open(bench.context())
        let error = await pipelineError { try await younger.start() }
        #expect(error?.isRetriable == true)
        try await older.flush()
        // It looked before the older one's commit.
        #expect(await pipelineError { try await younger.start() }?.code == .fenced)
        await younger.close()
        try await bench.write(.records(5..<7), to: older)
        try await older.flush()
        await older.close()
        #expect(try bench.counts() == ["0|0|7|7|7|0|0|0|0"])
    }

    @Test("a position that has moved under the same epoch fences as well")
    func movedPosition() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        _ = try bench.query("UPDATE offsets SET next = 3, read = 3, rows = 3")
        let error = await pipelineError { try await bench.write(.records(0..<5), to: sink) }
        #expect(error?.code == .fenced)
        await sink.close()
        #expect(try bench.query("SELECT count(*) FROM transactions") == ["0"])
    }
}
