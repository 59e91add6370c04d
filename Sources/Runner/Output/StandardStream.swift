import Glibc

/// The process's own output and error streams, written to without a buffer.
///
/// Not `print`, which says nothing of what was not written; and not Foundation's FileHandle, which crashes the process
/// when the reader has gone or the disk is full.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Whether a person looks at it.
    var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Writes all of a text. Blocks until the reader has taken it.
    /// - Returns: the number of the system's error that kept it from doing so, or nil.
    func write(_ text: String) -> Int32? {
        var text = text
        return text.withUTF8(write)
    }

    /// Writes all bytes, as a text.
    func write(_ bytes: [UInt8]) -> Int32? {
        bytes.withUnsafeBufferPointer(write)
    }

    private func write(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
        var rest = UnsafeRawBufferPointer(bytes)[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let written = Glibc.write(rawValue, piece.baseAddress, piece.count)
            if written >= 0 {
                rest = rest.dropFirst(written)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Whoever shares the stream has made it non-blocking.
                var request = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                poll(&request, 1, -1)
            default: return errno
            }
        }
        return nil
    }
}
