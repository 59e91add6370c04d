internal import Dispatch
internal import Pipeline
internal import Synchronization

/// Writes to a terminal from a thread of its own, so that a person who stops it (Ctrl-S) or a slow connection stops
/// nobody else: what finds no room in the bounded queue is left out, and whoever offered it counts that.
final class TerminalWriter: Sendable {
    private struct State {
        var queue: [UInt8] = []
        var isEnding = false
        // The output failed or was given up; nothing is taken any more.
        var isOver = false
    }

    /// Bytes that may wait; some screens full.
    static let room = 256 << 10

    private let output: any ConsoleOutput
    private let onFailure: @Sendable (Descriptor.WriteFailure) -> Void
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)

    /// Makes a writer and starts its thread, which lives until ``finish(within:)``.
    /// - Parameters:
    ///   - output: the terminal.
    ///   - onFailure: hears, once and from the thread, that the terminal takes nothing any more.
    init(output: any ConsoleOutput, onFailure: @escaping @Sendable (Descriptor.WriteFailure) -> Void) {
        self.output = output
        self.onFailure = onFailure
        DetachedThread.start("console-writer") { [self] in run() }
    }

    /// Hands text over without waiting.
    /// - Parameters:
    ///   - bytes: whole lines.
    ///   - isPressing: whether it is taken though there is no room; for what is said once.
    /// - Returns: whether it was taken.
    func offer(_ bytes: [UInt8], isPressing: Bool = false) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isOver, isPressing || state.queue.count + bytes.count <= Self.room else { return false }
            state.queue += bytes
            return true
        }
        if isTaken { wakeUp.signal() }
        return isTaken
    }

    /// Waits until everything is written, then ends the thread. Blocks.
    /// - Parameter limit: after so long a terminal that takes nothing is given up.
    /// - Returns: whether everything was written.
    func finish(within limit: Duration) -> Bool {
        state.withLock { $0.isEnding = true }
        wakeUp.signal()
        let isDone = finished.wait(timeout: .now() + limit / .seconds(1)) == .success
        state.withLock { $0.isOver = true }
        return isDone
    }

    private func run() {
        defer { finished.signal() }
        while true {
            wakeUp.wait()
            let (text, isEnding) = state.withLock { state in
                defer { state.queue.removeAll() }
                return (state.queue, state.isEnding)
            }
            do throws(Descriptor.WriteFailure) {
                try output.write(text) { state.withLock { !$0.isOver } }
            } catch {
                state.withLock { $0.isOver = true }
                if error != .abandoned { onFailure(error) }
                return
            }
            if isEnding { return }
        }
    }
}
