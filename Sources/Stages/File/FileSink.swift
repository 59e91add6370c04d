public import Pipeline
internal import Synchronization

/// Writes JSON Lines to a file, a pipe or standard output: each record's value on a line, its bytes as received.
///
/// A regular file is locked for this process, made durable with `fdatasync` before batches are acknowledged, and cut
/// back to what was acknowledged when writing fails or the sink is closed early: what was not acknowledged comes again,
/// so no line stands there twice unless the process was killed. A pipe has no such means: what it took is acknowledged.
/// When its reader goes away the pipeline stops cleanly, as `head` expects of what stands before it.
public actor FileSink: Sink {
    /// The declaration of the stage type.
    public static let definition = StageDefinition(
        .sink, "file", summary: "Writes JSON Lines to a file or to standard output.",
        settings: FileSinkSettings.all, example: #"{ "type": "file", "path": "transactions.jsonl" }"#,
        traits: { values in
            let path = values[FileSinkSettings.path]
            return StageDefinition.Traits(
                takesDeadLetters: true, takesOnlyDeadLetters: values[FileSinkSettings.content] == .deadLetters,
                exclusiveResource: path == "-" ? nil : Descriptor.absolutePath(path))
        },
        problems: FileSinkSettings.problems,
        make: { _, values in .sink(FileSink(FileSinkSettings(values))) })

    private struct Held {
        let receipt: Receipt
        let rejections: [Rejection]
    }

    private nonisolated let executor = ThreadExecutor(name: "file-sink")
    private let settings: FileSinkSettings
    private let standardOutput: Descriptor
    private var context: SinkContext?
    private var descriptor: Descriptor?
    private var isRegular = false
    private var wasOpened = false
    // The end of the file after the last line written, and after the last one acknowledged.
    private var end: Int64 = 0
    private var durableEnd: Int64 = 0
    private var held: [Held] = []
    private var output: [UInt8] = []
    // Atomics, because measurements are read beside the actor.
    private nonisolated let lines = Atomic<Int64>(0)
    private nonisolated let bytes = Atomic<Int64>(0)
    private nonisolated let deadLetters = Atomic<Int64>(0)

    /// - Parameter standardOutput: what `-` stands for; a test gives a pipe.
    init(_ settings: FileSinkSettings, standardOutput: Descriptor = .standardOutput) {
        self.settings = settings
        self.standardOutput = standardOutput
    }

    deinit {
        executor.stop()
    }

    /// A thread of its own: writing and making durable block.
    public nonisolated var thread: ThreadExecutor? { executor }
    /// The thread's.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// How long a batch waits for company before the file is made durable.
    public nonisolated var flushInterval: Duration? { .milliseconds(200) }

    /// Opens the file and takes its lock.
    public func open(_ context: SinkContext) async throws {
        self.context = context
        if settings.content == .deadLetters, !context.takesDeadLetters {
            throw PipelineError(
                .configuration, "cannot write dead letters to \(settings.path)", reason: "none come here",
                remedy: "Name this sink in the pipeline's \"dead_letters\"")
        }
        do throws(SystemFailure) {
            try openDescriptor()
        } catch {
            throw error.error(.cannotCreate, "cannot write the file \(settings.path)")
        }
        if isRegular { try takeFile() }
        wasOpened = true
    }

    /// Writes the batch's lines; a regular file's are acknowledged by the next `flush`.
    public func write(_ batch: Batch, receipt: Receipt) async throws {
        output.removeAll(keepingCapacity: true)
        let (rejections, recordLines) = appendRecords(of: batch)
        let deadLines = appendDeadLetters(of: batch)
        try put()
        lines.add(Int64(recordLines + deadLines), ordering: .relaxed)
        deadLetters.add(Int64(deadLines), ordering: .relaxed)
        bytes.add(Int64(output.count), ordering: .relaxed)
        guard isRegular else { return receipt.acknowledge(rejecting: rejections) }
        held.append(Held(receipt: receipt, rejections: rejections))
    }

    /// Makes the file durable and acknowledges what was written.
    public func flush() async throws {
        guard !held.isEmpty, let descriptor else { return }
        if end > durableEnd {
            do throws(SystemFailure) {
                try descriptor.synchronize()
            } catch {
                // The system may take pages it could not write for clean from now on, so a second attempt proves
                // nothing: the lines are cut off and written again.
                cutBack()
                throw error.error(.inputOutput, "cannot make \(settings.path) durable")
            }
        }
        durableEnd = end
        for batch in held { batch.receipt.acknowledge(rejecting: batch.rejections) }
        held.removeAll(keepingCapacity: true)
    }

    /// Closes the file, without the lines that were not acknowledged; standard output stays open.
    public func close() async {
        if isRegular, end > durableEnd { cutBack() }
        held.removeAll()
        if !settings.isStandardOutput { descriptor?.close() }
        descriptor = nil
    }

    /// Lines and bytes written, and dead letters among the lines.
    public nonisolated var measurements: [Measurement] {
        [
            Measurement.total("lines", lines.load(ordering: .relaxed)),
            Measurement.total("written_bytes", bytes.load(ordering: .relaxed)),
            Measurement.total("dead_letter_lines", deadLetters.load(ordering: .relaxed)),
        ]
    }
}

extension FileSink {
    private func openDescriptor() throws(SystemFailure) {
        if settings.isStandardOutput {
            descriptor = standardOutput
            // Even if it is a file: its end belongs to whoever started this process, and may be shared.
            isRegular = false
            return
        }
        // Opened again after a failure, the file is this sink's own and goes on.
        let opened = try Descriptor.openForAppending(
            settings.path, mustBeNew: settings.mode == .create && !wasOpened)
        descriptor = opened
        isRegular = opened.kind == .regular
    }

    private func takeFile() throws {
        guard let descriptor else { return }
        guard descriptor.lock() else {
            throw PipelineError(
                .cannotCreate, "cannot write the file \(settings.path)", reason: "another process writes it",
                remedy: "Give each its own file")
        }
        do {
            if settings.mode == .replace, !wasOpened { try descriptor.truncate(to: 0) }
            end = try descriptor.size()
            durableEnd = end
            if let last = try descriptor.lastByte(), last != UInt8(ascii: "\n") {
                // A line someone left unfinished. It is not ours to remove, and ours must not be joined to it.
                context?.stage.log.warning(
                    "the file ended within a line; a line break was added", Log.Detail("path", settings.path))
                output = [UInt8(ascii: "\n")]
                try put()
            }
        } catch let failure as SystemFailure {
            throw failure.error(.cannotCreate, "cannot write the file \(settings.path)")
        }
    }

    private func appendRecords(of batch: Batch) -> ([Rejection], Int) {
        guard settings.content == .records else { return ([], 0) }
        var rejections: [Rejection] = []
        batch.withUnsafeBytes { bytes in
            for (index, record) in batch.records.enumerated() {
                do throws(JSONLine.Problem) {
                    guard record.value.isPresent else { throw .tombstone }
                    try JSONLine.append(UnsafeRawBufferPointer(rebasing: bytes[record.value.offsets]), to: &output)
                } catch {
                    rejections.append(Rejection(index: index, reason: error.rawValue))
                }
            }
        }
        return (rejections, batch.records.count - rejections.count)
    }

    private func appendDeadLetters(of batch: Batch) -> Int {
        guard context?.takesDeadLetters == true else { return 0 }
        for dead in batch.dead { DeadLetterLine.append(dead, of: batch, to: &output) }
        return batch.dead.count
    }

    /// Writes ``output``.
    private func put() throws {
        guard let descriptor else { return }
        do throws(Descriptor.WriteFailure) {
            try descriptor.write(output, isRegular: isRegular, isWanted: { !Task.isCancelled })
            end += Int64(output.count)
        } catch {
            switch error {
            case .closed:
                throw OutputClosed()
            case .abandoned:
                throw CancellationError()
            case .refused(let failure, let written):
                end += Int64(written)
                if isRegular { cutBack() }
                throw failure.error(.inputOutput, "cannot write on in \(settings.path)")
            }
        }
    }

    /// Takes away what was not acknowledged, a piece of a line included. A file that someone else has
    /// made longer or shorter is left alone.
    private func cutBack() {
        guard let descriptor, let size = try? descriptor.size(), size == end else { return }
        do throws(SystemFailure) {
            try descriptor.truncate(to: durableEnd)
            end = durableEnd
        } catch {
            context?.stage.log.warning(
                "lines that were not acknowledged stay in the file", Log.Detail("path", settings.path),
                Log.Detail("reason", error.words))
        }
    }
}
