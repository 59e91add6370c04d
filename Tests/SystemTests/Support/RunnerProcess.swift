import Foundation
import Synchronization

/// The built runner as a process of its own, the way a person runs it.
final class RunnerProcess: Sendable {
    /// How a process ended.
    struct Ending: Sendable {
        var code: Int32
        var wasKilled: Bool
        var output: String
        var errors: String
    }

    private struct State {
        var output = Data()
        var errors = Data()
        var openPipes = 2
        var code: Int32?
        var wasKilled = false
        var waiters: [(text: String, continuation: CheckedContinuation<Bool, Never>)] = []
        var enders: [CheckedContinuation<Void, Never>] = []
    }

    /// The runner under test: RUNNER, or the one that was built beside the tests.
    static let path: String =
        ProcessInfo.processInfo.environment["RUNNER"]
        ?? Bundle.main.bundleURL.deletingLastPathComponent().appending(path: "debug/runner").path

    private let process: Process
    private let state = Mutex(State())

    /// Starts the runner.
    /// - Parameters:
    ///   - arguments: the command line.
    ///   - environment: added to a plain environment without any of the runner's variables.
    ///   - folder: the current folder.
    ///   - input: standard input; nothing if nil.
    init(
        _ arguments: [String], environment: [String: String] = [:], in folder: URL, input: FileHandle? = nil
    ) throws {
        process = Process()
        process.executableURL = URL(filePath: Self.path)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path].merging(environment) { $1 }
        process.currentDirectoryURL = folder
        process.standardInput = input ?? FileHandle.nullDevice
        let outputPipe = Pipe()
        let errorPipe = Pipe()
        process.standardOutput = outputPipe
        process.standardError = errorPipe
        process.terminationHandler = { [self] process in
            state.withLock {
                $0.code = process.terminationStatus
                $0.wasKilled = process.terminationReason == .uncaughtSignal
            }
            wakeIfEnded()
        }
        try process.run()
        // Threads that block in read, not readabilityHandler: on Linux its dispatch source has crashed the test process.
        read(outputPipe) { $0.output.append($1) }
        read(errorPipe) { $0.errors.append($1) }
    }

    /// The process's id.
    var identifier: Int32 { process.processIdentifier }

    /// What stands in standard error by now.
    var errorsSoFar: String { state.withLock { String(decoding: $0.errors, as: UTF8.self) } }

    /// Sends a signal.
    func send(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// Waits until standard error holds a text.
    /// - Returns: false if the process ended without it.
    func waitForError(_ text: String) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if String(decoding: state.errors, as: UTF8.self).contains(text) { return true }
                if state.code != nil, state.openPipes == 0 { return false }
                state.waiters.append((text, continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Waits for the end. A process that is still there after `limit` is killed, which the ending shows.
    func wait(limit: Duration = .seconds(90)) async -> Ending {
        let watchdog = DispatchWorkItem { [weak self] in self?.send(SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + (limit / .seconds(1)), execute: watchdog)
        defer { watchdog.cancel() }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.code != nil, state.openPipes == 0 { return true }
                state.enders.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
        return state.withLock { state in
            Ending(
                code: state.code ?? -1, wasKilled: state.wasKilled,
                output: String(decoding: state.output, as: UTF8.self),
                errors: String(decoding: state.errors, as: UTF8.self))
        }
    }

    private func read(_ pipe: Pipe, _ append: @escaping @Sendable (inout State, Data) -> Void) {
        let handle = pipe.fileHandleForReading
        Thread.detachNewThread { [self] in
            // Kept with the pipe for as long as it is read.
            while case let data = handle.availableData, !data.isEmpty {
                let ready = state.withLock { state in
                    append(&state, data)
                    let errors = String(decoding: state.errors, as: UTF8.self)
                    let ready = state.waiters.filter { errors.contains($0.text) }
                    state.waiters.removeAll { errors.contains($0.text) }
                    return ready.map(\.continuation)
                }
                for continuation in ready { continuation.resume(returning: true) }
            }
            state.withLock { $0.openPipes -= 1 }
            wakeIfEnded()
        }
    }

    private func wakeIfEnded() {
        let (waiters, enders) = state.withLock { state in
            guard state.code != nil, state.openPipes == 0 else {
                return ([CheckedContinuation<Bool, Never>](), [CheckedContinuation<Void, Never>]())
            }
            defer {
                state.waiters = []
                state.enders = []
            }
            return (state.waiters.map(\.continuation), state.enders)
        }
        for continuation in waiters { continuation.resume(returning: false) }
        for continuation in enders { continuation.resume() }
    }
}
