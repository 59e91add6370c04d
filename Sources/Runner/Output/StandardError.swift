import Foundation
import Synchronization

/// Standard error as people see it: log lines, and on a terminal one live line below them.
///
/// A lock, because log lines come from any thread and must not cut the live line in two.
final class StandardError: Sendable {
    /// Whether standard error is a terminal.
    let isTerminal = isatty(STDERR_FILENO) == 1

    private let liveLine = Mutex("")

    /// Writes lines above the live line.
    /// - Parameter text: ends with a newline.
    func write(_ text: String) {
        liveLine.withLock { live in
            let erase = live.isEmpty ? "" : "\r\u{1B}[K"
            FileHandle.standardError.write(Data((erase + text + live).utf8))
        }
    }

    /// Replaces the live line.
    /// - Parameter text: one line without newline; empty takes it away.
    func show(_ text: String) {
        liveLine.withLock { live in
            if text == live, text.isEmpty { return }
            live = text
            // The cursor goes back to the first column, so that what others print on the terminal begins there.
            FileHandle.standardError.write(Data(("\r\u{1B}[K" + text + (text.isEmpty ? "" : "\r")).utf8))
        }
    }

    /// Columns of the terminal; 80 where unknown.
    var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
