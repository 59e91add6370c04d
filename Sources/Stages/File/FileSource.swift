public import Pipeline
internal import Synchronization

/// Reads JSON Lines from a file, a pipe or standard input: a line is a record, its number its position.
///
/// A line without any byte is passed over: it is nobody's record (jq and others skip it too), and its number stays in
/// the claim. A regular file can be read again, so a sink that owns positions says how many lines to skip. Standard
/// input and pipes cannot: there the numbering goes on where the owner stands, and nothing is skipped.
public actor FileSource: Source {
    /// The declaration of the stage type.
    public static let definition = StageDefinition(
        .source, "file", summary: "Reads JSON Lines from a file or from standard input.",
        settings: [path, key, longestLine],
        example: #"{ "type": "file", "path": "transactions.jsonl", "key": "atm_id" }"#,
        traits: { StageDefinition.Traits(isReplayable: isReplayable($0[path])) },
        make: { name, values in
            .source(
                FileSource(name: name, path: values[path], key: values[key], longestLine: values[longestLine]))
        })

    private static let path = Setting<String>.text(
        "path", default: nil, "The file to read; \"-\" is standard input.")
    private static let key = Setting<String?>.optionalText(
        "key", "The field whose value becomes the record's key (for Kafka: atm_id); without it records have no key.")
    private static let longestLine = Setting<Int>.size(
        "max_line", 1...(1 << 30), default: 16 << 20, text: "16MiB",
        "The longest line that is a record; a longer one becomes a dead letter.")

    private nonisolated let executor = ThreadExecutor(name: "file-source")
    private let path: String
    private let lineBatch: LineBatch
    private let stream: StreamIdentity
    private var clock: (any PipelineClock)?
    private var descriptor: Descriptor?
    private var isRegular = false
    private var buffer: LineBuffer
    private var position: Int64 = 0
    private var linesToSkip: Int64 = 0
    private var isAtBeginning = true
    // Atomics, because measurements are read beside the actor.
    private nonisolated let lines = Atomic<Int64>(0)
    private nonisolated let blankLines = Atomic<Int64>(0)

    init(name: String, path: String, key: String?, longestLine: Int) {
        self.path = path
        buffer = LineBuffer(maximum: longestLine)
        // The whole path, so that the same words said in another folder do not pass for the same stream.
        stream = StreamIdentity(cluster: "file", topic: path == "-" ? "stdin" : Descriptor.absolutePath(path))
        lineBatch = LineBatch(
            stage: name, stream: stream, scanner: key.map(MemberScanner.init), longestLine: longestLine)
    }

    deinit {
        executor.stop()
    }

    /// A thread of its own: a read may block.
    public nonisolated var thread: ThreadExecutor? { executor }
    /// The thread's.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// True for a regular file, false for standard input and pipes.
    public nonisolated var isReplayable: Bool { Self.isReplayable(path) }

    private static func isReplayable(_ path: String) -> Bool {
        path != "-" && Descriptor.kind(of: path) != .stream
    }

    /// Opens the file, and asks the owners of positions where to begin.
    public func open(_ context: SourceContext) async throws {
        clock = context.stage.clock
        let descriptor = try openDescriptor()
        self.descriptor = descriptor
        isRegular = path != "-" && descriptor.kind == .regular
        var stored: [Int64] = []
        for owner in context.owners {
            try await owner.begin(stream, at: [0: 0])
            stored.append(try await owner.storedPositions()[0] ?? 0)
        }
        if isRegular {
            linesToSkip = stored.min() ?? 0
        } else {
            position = stored.max() ?? 0
        }
    }

    /// Gives the next lines.
    public func next(atMost count: Int) async throws -> SourceOutput {
        try Task.checkCancellation()
        try skipLines()
        if linesToSkip > 0 { return .batch(Batch(stream: stream, claims: [])) }
        var batch = takeLines(atMost: count)
        if batch == nil {
            // A line may be longer than one read. A bounded number of reads, for stop and watermark must come through.
            for _ in 0..<(isRegular ? 16 : 1) where batch == nil && !buffer.isAtEnd {
                try fill()
                batch = takeLines(atMost: count)
            }
        }
        if let batch { return .batch(batch) }
        return buffer.isAtEnd ? .end : .batch(Batch(stream: stream, claims: []))
    }

    /// Closes the file; standard input stays open.
    public func close() async {
        if path != "-" { descriptor?.close() }
        descriptor = nil
    }

    /// Lines read, and lines without any byte among them.
    public nonisolated var measurements: [Measurement] {
        [
            Measurement.total("lines", lines.load(ordering: .relaxed)),
            Measurement.total("blank_lines", blankLines.load(ordering: .relaxed)),
        ]
    }

    private func openDescriptor() throws -> Descriptor {
        if path == "-" { return .standardInput }
        do throws(SystemFailure) {
            return try Descriptor.openForReading(path)
        } catch {
            throw error.error(.inputOutput, "cannot read the file \(path)")
        }
    }

    private func fill() throws {
        guard let descriptor else { return }
        guard isRegular || descriptor.waitUntilReadable(milliseconds: 40) else { return }
        do {
            try buffer.fill { room in try descriptor.read(into: room) }
        } catch let failure as SystemFailure {
            throw failure.error(.inputOutput, "cannot read on in \(path) after line \(position)")
        }
        if isAtBeginning {
            isAtBeginning = false
            buffer.skipByteOrderMark()
        }
    }

    private func skipLines() throws {
        guard linesToSkip > 0 else { return }
        for _ in 0..<16 {
            while linesToSkip > 0, buffer.next() != nil {
                linesToSkip -= 1
                position += 1
            }
            if linesToSkip == 0 { return }
            if buffer.isAtEnd {
                throw PipelineError(
                    .inputOutput, "cannot go on reading \(path)",
                    reason: "\(position + linesToSkip) lines of it were taken before, and it has only \(position)",
                    remedy: "The file was replaced or cut: read it under another name, or into a new archive")
            }
            try fill()
        }
    }

    private func takeLines(atMost count: Int) -> Batch? {
        let time = clock?.wallTime ?? Timestamp(microseconds: 0)
        guard let taken = lineBatch.take(from: &buffer, atMost: count, first: position, time: time) else { return nil }
        position += taken.lines
        lines.add(taken.lines, ordering: .relaxed)
        blankLines.add(taken.blankLines, ordering: .relaxed)
        return taken.batch
    }
}
