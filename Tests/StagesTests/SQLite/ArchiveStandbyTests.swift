import Foundation
import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import Stages

@Suite struct ArchiveStandbyTests {
    private let waits: [String: SettingValue] = ["when_locked": .text("wait")]

    @Test("a standby names the holder at once and every minute, opens nothing before its turn, and then takes over")
    func takeover() async throws {
        let bench = try ArchiveBench()
        guard case .taken(let lock) = try ArchiveLock.attempt(beside: bench.path) else {
            throw CocoaError(.fileLocking)
        }
        let clock = ManualClock()
        let lines = Mutex<[String]>([])
        let log = Log { entry in
            lines.withLock { $0.append(([entry.message] + entry.details.map(\.value)).joined(separator: "|")) }
        }
        let sink = try bench.sink(waits)
        async let opened: Void = sink.open(bench.context(log: log, clock: clock))
        for _ in 0..<310 {
            await clock.waitForSleepers(1)
            clock.advance(by: .milliseconds(200))
        }
        await clock.waitForSleepers(1)
        // Neither the archive nor anything of SQLite's beside it.
        #expect(try bench.files == ["archive.db.lock"])
        let holder = "another runner, pid \(ProcessInfo.processInfo.processIdentifier) on "
        #expect(lines.withLock { $0.count } == 2)
        #expect(
            lines.withLock { lines in
                lines.allSatisfy { $0.hasPrefix("stands by until the archive is free|\(bench.path)|\(holder)") }
            })
        lock.release()
        clock.advance(by: .milliseconds(200))
        try await opened
        #expect(lines.withLock { $0.last } == "takes the archive over|62")
        try await sink.begin(TransactionBatch.stream, at: [0: 0])
        try await sink.start()
        try await bench.write(.records(0..<3), to: sink)
        try await sink.flush()
        await sink.close()
        #expect(try bench.counts() == ["0|0|3|3|3|0|0|0|0"])
    }

    @Test("a standby that is cancelled ends at once and leaves the holder's files alone")
    func cancellation() async throws {
        let bench = try ArchiveBench()
        let holder = try await bench.running()
        let clock = ManualClock()
        let sink = try bench.sink(waits)
        let opening = Task { try await sink.open(bench.context(clock: clock)) }
        await clock.waitForSleepers(1)
        opening.cancel()
        await #expect(throws: CancellationError.self) { try await opening.value }
        await sink.close()
        try await bench.write(.records(0..<3), to: holder)
        try await holder.flush()
        #expect(try bench.files == ["archive.db", "archive.db-shm", "archive.db-wal", "archive.db.lock"])
        await holder.close()
        #expect(try bench.files == ["archive.db"])
    }

    @Test("a lock is given back without taking away the file of one that came after")
    func lockRemoved() throws {
        let bench = try ArchiveBench()
        guard case .taken(let first) = try ArchiveLock.attempt(beside: bench.path) else {
            throw CocoaError(.fileLocking)
        }
        try FileManager.default.removeItem(atPath: bench.path + ".lock")
        guard case .taken(let second) = try ArchiveLock.attempt(beside: bench.path) else {
            throw CocoaError(.fileLocking)
        }
        first.release()
        #expect(try bench.files == ["archive.db.lock"])
        second.release()
        #expect(try bench.files == [])
    }
}
