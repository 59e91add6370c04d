import Glibc
import Synchronization

/// Standard error as people see it: log lines, and on a terminal one live line below them.
///
/// A lock, because log lines come from any thread and must not cut the live line in two. What cannot be written is left
/// out: a pipeline goes on when nobody reads its log any more.
final class StandardError: Sendable {
    /// Whether standard error is a terminal.
    let isTerminal = StandardStream.error.isTerminal

    private let liveLine = Mutex("")

    /// Writes lines above the live line.
    /// - Parameter text: ends with a newline.
    func write(_ text: String) {
        liveLine.withLock { live in
            let erase = live.isEmpty ? "" : "\r\u{1B}[K"
            _ = StandardStream.error.write(erase + text + live)
        }
    }

    /// Replaces the live line.
    /// - Parameter text: one line without newline; empty takes it away.
    func show(_ text: String) {
        liveLine.withLock { live in
            if text == live, text.isEmpty { return }
            live = text
            // The cursor goes back to the first column, so that what others print on the terminal begins there.
            _ = StandardStream.error.write("\r\u{1B}[K" + text + (text.isEmpty ? "" : "\r"))
        }
    }

    /// Columns of the terminal; 80 where unknown.
    var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
