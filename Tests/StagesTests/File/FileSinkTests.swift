import Foundation
import Pipeline
import Synchronization
import Testing

@testable import Stages

@Suite struct FileSinkTests {
    private let folder = try? TemporaryFolder()
    private let acknowledgements = Acknowledgements()

    private func path(_ content: String? = nil) throws -> String {
        try #require(folder).file("out.jsonl", content)
    }

    private func content() throws -> String {
        try #require(folder).content("out.jsonl")
    }

    private func batch(_ values: String?...) -> Batch {
        var builder = BatchBuilder(stream: StreamIdentity(cluster: "test", topic: "topic"), capacity: 64)
        for (offset, value) in values.enumerated() {
            let range = value.map { builder.append($0.utf8) } ?? .absent
            builder.add(
                Record(
                    value: range, timestamp: Timestamp(microseconds: 0),
                    position: Position(partition: 0, offset: Int64(offset))))
        }
        return builder.finish(claims: [Claim(partition: 0, from: 0, to: Int64(values.count))])
    }

    private func open(
        _ path: String, mode: FileSinkSettings.Mode = .append, content: FileSinkSettings.Content = .records,
        takesDeadLetters: Bool = false
    ) async throws -> FileSink {
        let sink = FileSink(FileSinkSettings(path: path, mode: mode, content: content))
        try await sink.open(sinkContext(takesDeadLetters: takesDeadLetters))
        return sink
    }

    @Test("lines are acknowledged when the file was made durable, not before")
    func acknowledges() async throws {
        let sink = try await open(try path())
        try await sink.write(batch(#"{"a":1}"#, #"{"a":2}"#), receipt: acknowledgements.receipt())
        #expect(acknowledgements.count == 0)
        try await sink.flush()
        #expect(acknowledgements.all == [[]])
        await sink.close()
        #expect(try content() == "{\"a\":1}\n{\"a\":2}\n")
        #expect(sink.measurements.map(\.value) == [.integer(2), .integer(16), .integer(0)])
    }

    @Test("a batch without records is acknowledged like another")
    func noRecords() async throws {
        let sink = try await open(try path())
        try await sink.write(batch(), receipt: acknowledgements.receipt())
        try await sink.flush()
        #expect(acknowledgements.count == 1)
        await sink.close()
    }

    @Test("what was not acknowledged when the sink closes is not left in the file, and goes on after it opens again")
    func cutsBack() async throws {
        let sink = try await open(try path("old\n"), mode: .append)
        try await sink.write(batch("1"), receipt: acknowledgements.receipt())
        try await sink.flush()
        try await sink.write(batch("2"), receipt: acknowledgements.receipt())
        await sink.close()
        #expect(try content() == "old\n1\n")
        try await sink.open(sinkContext())
        try await sink.write(batch("2"), receipt: acknowledgements.receipt())
        try await sink.flush()
        await sink.close()
        #expect(try content() == "old\n1\n2\n")
        #expect(acknowledgements.count == 2)
    }

    @Test("replace empties the file the first time only, create refuses one that is there the first time only")
    func modes() async throws {
        let sink = try await open(try path("old\n"), mode: .replace)
        try await sink.write(batch("1"), receipt: acknowledgements.receipt())
        try await sink.flush()
        await sink.close()
        try await sink.open(sinkContext())
        await sink.close()
        #expect(try content() == "1\n")
        let path = try path()
        let error = await #expect(throws: PipelineError.self) { try await open(path, mode: .create) }
        #expect(error?.code == .cannotCreate)
        #expect(error?.reason == "File exists")
        let fresh = try #require(folder).file("fresh")
        let second = try await open(fresh, mode: .create)
        await second.close()
        try await second.open(sinkContext())
        await second.close()
    }

    @Test("a line that someone left unfinished is ended, not joined and not removed")
    func unfinishedLine() async throws {
        let sink = try await open(try path("{\"half\":"))
        try await sink.write(batch("{}"), receipt: acknowledgements.receipt())
        try await sink.flush()
        await sink.close()
        #expect(try content() == "{\"half\":\n{}\n")
    }

    @Test("two sinks do not write one file")
    func lock() async throws {
        let first = try await open(try path())
        let path = try path()
        let error = await #expect(throws: PipelineError.self) { try await open(path, mode: .replace) }
        #expect(error?.code == .cannotCreate)
        #expect(error?.reason == "another process writes it")
        await first.close()
        let second = try await open(path)
        await second.close()
    }

    @Test("a tombstone, an empty value and a value of two lines are rejected, the others written")
    func rejects() async throws {
        let sink = try await open(try path())
        try await sink.write(batch("{}", nil, "", "a\nb", "{\n}"), receipt: acknowledgements.receipt())
        try await sink.flush()
        #expect(acknowledgements.all.first?.map(\.index) == [1, 2, 3])
        await sink.close()
        #expect(try content() == "{}\n{ }\n")
    }

    @Test("dead letters are written where this is their place, alone if the file says so")
    func deadLetters() async throws {
        var mixed = batch("{}", "bad")
        mixed.reject(stage: "filter") { $0.offset == 1 ? "no JSON" : nil }
        let elsewhere = try await open(try path())
        try await elsewhere.write(mixed, receipt: acknowledgements.receipt())
        try await elsewhere.flush()
        await elsewhere.close()
        #expect(try content() == "{}\n")
        let sink = try await open(try path(), mode: .replace, content: .deadLetters, takesDeadLetters: true)
        try await sink.write(mixed, receipt: acknowledgements.receipt())
        try await sink.flush()
        await sink.close()
        let written = try content()
        #expect(written.hasPrefix("{ \"stage\": \"filter\", \"reason\": \"no JSON\""))
        #expect(written.split(separator: "\n").count == 1)
        let path = try path()
        let error = await #expect(throws: PipelineError.self) { try await open(path, content: .deadLetters) }
        #expect(error?.code == .configuration)
    }

    @Test("a full disk is an error that a later attempt may get past")
    func fullDisk() async throws {
        let sink = try await open("/dev/full")
        let error = await #expect(throws: PipelineError.self) {
            try await sink.write(batch("{}"), receipt: acknowledgements.receipt())
        }
        #expect(error?.code == .inputOutput)
        #expect(error?.reason == "No space left on device")
        #expect(error?.isRetriable == true)
        #expect(acknowledgements.count == 0)
        await sink.close()
    }

    @Test("a reader that goes away stops the pipeline cleanly, and what it did not take is not acknowledged")
    func readerGone() async throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        let sink = FileSink(
            FileSinkSettings(path: "-"),
            standardOutput: Descriptor(number: pipe.fileHandleForWriting.fileDescriptor))
        try await sink.open(sinkContext())
        try await sink.write(batch("{}"), receipt: acknowledgements.receipt())
        #expect(acknowledgements.count == 1)
        #expect(pipe.fileHandleForReading.availableData == Data("{}\n".utf8))
        try pipe.fileHandleForReading.close()
        await #expect(throws: OutputClosed.self) {
            try await sink.write(batch("{}"), receipt: acknowledgements.receipt())
        }
        #expect(acknowledgements.count == 1)
        await sink.close()
    }

    @Test("a reader that does not read holds the sink up, and cancelling ends that")
    func readerAsleep() async throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        let sink = FileSink(
            FileSinkSettings(path: "-"),
            standardOutput: Descriptor(number: pipe.fileHandleForWriting.fileDescriptor))
        try await sink.open(sinkContext())
        let large = batch(String(repeating: "x", count: 1 << 20))
        let writing = Task { try await sink.write(large, receipt: acknowledgements.receipt()) }
        writing.cancel()
        await #expect(throws: CancellationError.self) { try await writing.value }
        #expect(acknowledgements.count == 0)
        await sink.close()
    }

    @Test("two pipelines on one file are found by its whole path; standard output is anyone's")
    func traits() {
        func traits(_ path: String) -> StageDefinition.Traits {
            FileSink.definition.traits(SettingValues(["path": .text(path)]))
        }
        #expect(traits("/a/b/../c").exclusiveResource == "/a/c")
        #expect(traits("-").exclusiveResource == nil)
        #expect(traits("x").takesDeadLetters)
        let problems = FileSink.definition.problems(SettingValues(["path": .text("-"), "mode": .text("replace")]))
        #expect(problems.map(\.setting) == ["mode"])
    }
}
