import CSQLite
import Foundation
import Pipeline
import Stages
import Synchronization

/// A sink on a file in a folder of its own, and what a test asks of it.
final class ArchiveBench: Sendable {
    let folder: URL
    let acknowledgements = Acknowledgements()
    /// The claims that each commit waited for.
    let barriers = Mutex<[[Claim]]>([])

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("archive-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    var path: String { folder.appendingPathComponent("archive.db").path }

    /// Names of the files in the folder.
    var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }

    /// A sink that is made and not opened.
    func sink(_ settings: [String: SettingValue] = [:]) throws -> SQLiteSink {
        let values = settings.merging(["path": .text(path)]) { given, _ in given }
        guard case .sink(let sink) = try SQLiteSink.definition.make("sqlite", SettingValues(values)),
            let archive = sink as? SQLiteSink
        else { throw CocoaError(.featureUnsupported) }
        return archive
    }

    /// The surroundings of the sink.
    func context(
        takesDeadLetters: Bool = true, log: Log = .none, clock: any PipelineClock = SystemClock(),
        barrier: @escaping @Sendable ([Claim]) async throws -> Void = { _ in }
    ) -> SinkContext {
        SinkContext(
            stage: StageContext(name: "sqlite", pipeline: "test", log: log, clock: clock, stop: { _ in }),
            takesDeadLetters: takesDeadLetters,
            barrier: { claims in
                self.barriers.withLock { $0.append(claims) }
                try await barrier(claims)
            }, failure: { _ in })
    }

    /// A sink that is open and was told to start the stream at 0.
    func running(
        _ settings: [String: SettingValue] = [:], takesDeadLetters: Bool = true, partitions: [Int32] = [0]
    ) async throws -> SQLiteSink {
        let sink = try sink(settings)
        try await sink.open(context(takesDeadLetters: takesDeadLetters))
        try await sink.begin(
            TransactionBatch.stream, at: Dictionary(uniqueKeysWithValues: partitions.map { ($0, 0) }))
        try await sink.start()
        return sink
    }

    /// Writes a batch.
    func write(_ batch: TransactionBatch, to sink: SQLiteSink) async throws {
        try await sink.write(try batch.made(), receipt: acknowledgements.receipt())
    }

    /// All rows that a query gives, each with its columns joined by `|`, read by a connection of its own.
    func query(_ sql: String) throws -> [String] {
        var database: OpaquePointer?
        var statement: OpaquePointer?
        defer {
            sqlite3_finalize(statement)
            sqlite3_close(database)
        }
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK,
            sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK
        else { throw BenchError(message: String(cString: sqlite3_errmsg(database))) }
        var rows: [String] = []
        var code = sqlite3_step(statement)
        while code == SQLITE_ROW {
            let values = (0..<sqlite3_column_count(statement)).map { column in
                sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "null"
            }
            rows.append(values.joined(separator: "|"))
            code = sqlite3_step(statement)
        }
        guard code == SQLITE_DONE else { throw BenchError(message: String(cString: sqlite3_errmsg(database))) }
        return rows
    }

    /// The counts of every partition: first claimed, next, read, rows, repeated, dropped, dead, holes.
    func counts() throws -> [String] {
        try query(
            "SELECT partition, first_claimed, next, read, rows, repeated, dropped, dead, holes FROM offsets ORDER BY 1")
    }

    struct BenchError: Error {
        var message: String
    }
}

/// The error that an operation throws, or nil.
func pipelineError(_ operation: () async throws -> Void) async -> PipelineError? {
    do {
        try await operation()
        return nil
    } catch {
        return error as? PipelineError
    }
}
