package import Foundation
import Synchronization

/// The most memory a process has had resident, asked every 20 milliseconds while it runs.
///
/// Not what `wait4` says: the kernel counts there whatever the starting program had until the moment of exec as well
/// (`exec_mmap` in fs/exec.c), and after an hour of samples the driver has more than a small pipeline.
package final class ResidentPeak: Sendable {
    private struct State {
        var bytes = 0
        var isOver = false
    }

    private let process: pid_t
    private let state = Mutex(State())

    /// Begins, on a thread of its own.
    /// - Parameter process: a child that runs and is not waited for before ``end()``.
    package init(of process: pid_t) {
        self.process = process
        Thread.detachNewThread { [self] in
            while ask() { usleep(20_000) }
        }
    }

    /// Ends it.
    /// - Returns: the most it had, in bytes; what came in its last 20 milliseconds is not in it, and of a process that
    ///   was gone at once it is 0.
    package func end() -> Int {
        state.withLock { state in
            state.isOver = true
            return state.bytes
        }
    }

    private func ask() -> Bool {
        let bytes = Self.peak(in: Self.status(of: process))
        return state.withLock { state in
            // Asked for once more after the end, the number might be another process's.
            if state.isOver { return false }
            if let bytes { state.bytes = bytes }
            return true
        }
    }

    /// Reads the kernel's text.
    /// - Parameter status: /proc/PID/status, as proc(5) describes it.
    /// - Returns: bytes, or nil for a process without memory, which has ended.
    package static func peak(in status: String) -> Int? {
        bytes("VmHWM", in: status)
    }

    /// The memory a process has resident now, in bytes, or nil once it has ended.
    package static func now(of process: pid_t) -> Int? {
        bytes("VmRSS", in: status(of: process))
    }

    private static func status(of process: pid_t) -> String {
        String(decoding: FileManager.default.contents(atPath: "/proc/\(process)/status") ?? Data(), as: UTF8.self)
    }

    private static func bytes(_ name: String, in status: String) -> Int? {
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}
