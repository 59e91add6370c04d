import Foundation
import Pipeline
import Testing

@testable import Stages

/// A sink that owns positions, as far as a source asks it.
private actor Owner: PositionOwner {
    private let stored: Int64?
    private(set) var begun: [Int32: Int64] = [:]
    private(set) var stream: StreamIdentity?

    init(stored: Int64?) {
        self.stored = stored
    }

    func open(_ context: SinkContext) {}
    func write(_ batch: Batch, receipt: Receipt) {}
    func storedStream() -> StreamIdentity? { stream }
    func storedPositions() -> [Int32: Int64] { stored.map { [0: $0] } ?? begun }
    func begin(_ stream: StreamIdentity, at positions: [Int32: Int64]) {
        self.stream = stream
        begun = positions
    }
}

@Suite struct FileSourceTests {
    private let folder = try? TemporaryFolder()

    private func file(_ content: String) throws -> String {
        try #require(folder).file("in.jsonl", content)
    }

    private func open(
        _ path: String, key: String? = nil, longestLine: Int = 1_000, owners: [any PositionOwner] = []
    ) async throws -> FileSource {
        let source = FileSource(name: "file", path: path, key: key, longestLine: longestLine)
        let stage = StageContext(
            name: "file", pipeline: "test", log: .none, clock: SystemClock(), stop: { _ in })
        try await source.open(SourceContext(stage: stage, owners: owners))
        try await source.start()
        return source
    }

    /// Everything the source has, up to its end.
    private func readAll(_ source: FileSource, atMost count: Int = 1_000) async throws -> [Batch] {
        var batches: [Batch] = []
        while case .batch(let batch) = try await source.next(atMost: count) {
            #expect(batch.records.count <= count)
            if !batch.claims.isEmpty { batches.append(batch) }
        }
        return batches
    }

    private func text(_ batches: [Batch]) -> [String] {
        batches.flatMap { batch in
            batch.records.map { record in
                let value = String(decoding: batch.bytes(record.value) ?? [], as: UTF8.self)
                let key = batch.bytes(record.key).map { String(decoding: $0, as: UTF8.self) + "=" } ?? ""
                return "\(record.offset) \(key)\(value)"
            }
        }
    }

    @Test("a line is a record, its number its position; a line without a byte is nobody's record")
    func lines() async throws {
        let source = try await open(try file("\u{FEFF}{\"a\":1}\r\n\n{\"a\":2}\nlast"))
        let batches = try await readAll(source)
        #expect(text(batches) == [#"0 {"a":1}"#, #"2 {"a":2}"#, "3 last"])
        #expect(batches.flatMap(\.claims).last?.to == 4)
        #expect(source.measurements.map(\.value) == [.integer(4), .integer(1)])
        await source.close()
    }

    @Test("claims of small batches are contiguous")
    func claims() async throws {
        let content = (0..<100).map { "{\"n\":\($0)}\n" }.joined(separator: "\n")
        let source = try await open(try file(content))
        let batches = try await readAll(source, atMost: 7)
        #expect(text(batches).count == 100)
        var expected: Int64 = 0
        for claim in batches.flatMap(\.claims) {
            #expect(claim.from == expected)
            expected = claim.to
        }
        #expect(expected == 199)
        await source.close()
    }

    @Test("a field can be the key: in place, or decoded where it had escapes")
    func keys() async throws {
        let source = try await open(
            try file(#"{"b":1,"atm_id":"ATM-1"}"# + "\n{}\n" + #"{"atm_id":"\u0041TM-2"}"# + "\n"), key: "atm_id")
        #expect(
            text(try await readAll(source))
                == [#"0 ATM-1={"b":1,"atm_id":"ATM-1"}"#, "1 {}", #"2 ATM-2={"atm_id":"\u0041TM-2"}"#])
        await source.close()
    }

    @Test("a line that is too long is dead from the start, with its place, its length and its beginning")
    func tooLong() async throws {
        let source = try await open(
            try file("{}\n" + String(repeating: "x", count: 3_000) + "\n{}\n"), longestLine: 10)
        let batches = try await readAll(source)
        #expect(text(batches) == ["0 {}", "2 {}"])
        let dead = try #require(batches.flatMap(\.dead).first)
        #expect(dead.stage == "file")
        #expect(dead.record.offset == 1)
        #expect(dead.record.value.length == 1_024)
        #expect(dead.reason.contains("3000"))
        await source.close()
    }

    @Test("an owner of positions says how many lines to skip, the lower of two")
    func resumes() async throws {
        let owners = [Owner(stored: 3), Owner(stored: 2)]
        let source = try await open(try file("0\n\n2\n3\n4\n"), owners: owners)
        let batches = try await readAll(source)
        #expect(text(batches) == ["2 2", "3 3", "4 4"])
        #expect(batches.flatMap(\.claims) == [Claim(partition: 0, from: 2, to: 5)])
        await source.close()
    }

    @Test("a new owner hears the file's whole path and that it begins at 0")
    func begins() async throws {
        let owner = Owner(stored: nil)
        let path = try file("0\n")
        let source = try await open(path, owners: [owner])
        #expect(await owner.begun == [0: 0])
        #expect(await owner.stream == StreamIdentity(cluster: "file", topic: path))
        #expect(text(try await readAll(source)) == ["0 0"])
        await source.close()
    }

    @Test("a file with fewer lines than were taken before is not read as if nothing had happened")
    func replaced() async throws {
        let source = try await open(try file("0\n1\n"), owners: [Owner(stored: 5)])
        let error = await #expect(throws: PipelineError.self) { try await readAll(source) }
        #expect(error?.code == .inputOutput)
        #expect(error?.reason == "5 lines of it were taken before, and it has only 2")
        await source.close()
    }

    @Test("a file that is not there and a folder are errors that say so")
    func unreadable() async throws {
        let folder = try #require(folder)
        let missing = await #expect(throws: PipelineError.self) { try await open(folder.file("none")) }
        #expect(missing?.code == .inputOutput)
        #expect(missing?.reason == "No such file or directory")
        let directory = await #expect(throws: PipelineError.self) { try await open(folder.path) }
        #expect(directory?.code == .inputOutput)
        #expect(directory?.reason == "Is a directory")
    }

    @Test("a regular file can be read again, standard input and a pipe cannot")
    func replayable() throws {
        let pipe = try #require(folder).file("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        func isReplayable(_ path: String) -> Bool {
            FileSource(name: "file", path: path, key: nil, longestLine: 10).isReplayable
        }
        #expect(isReplayable(try file("")))
        #expect(!isReplayable("-"))
        #expect(!isReplayable(pipe))
    }

    @Test("an idle pipe gives empty batches within 50 ms, its lines when they come, and its end when the writer leaves")
    func pipe() async throws {
        let pipe = try #require(folder).file("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        // Numbers go on where the owner stands: what comes through a pipe was never there before.
        let source = try await open(pipe, owners: [Owner(stored: 10)])
        let start = ContinuousClock.now
        guard case .batch(let idle) = try await source.next(atMost: 10) else {
            Issue.record("a pipe nobody has written to has not ended")
            return
        }
        #expect(ContinuousClock.now - start < .milliseconds(500))
        #expect(idle.records.isEmpty && idle.claims.isEmpty)
        let writer = try #require(FileHandle(forWritingAtPath: pipe))
        try writer.write(contentsOf: Data("{}\n{\"half\":".utf8))
        guard case .batch(let first) = try await source.next(atMost: 10) else { return }
        #expect(text([first]) == ["10 {}"])
        try writer.write(contentsOf: Data("1}".utf8))
        try writer.close()
        #expect(text(try await readAll(source)) == [#"11 {"half":1}"#])
        await source.close()
    }
}
