internal import FoundationEssentials
internal import Glibc

/// A file, pipe or terminal by its POSIX descriptor. Nothing is closed by itself: whoever opened it closes it.
struct Descriptor: Sendable, Hashable {
    /// What stands behind a descriptor.
    enum Kind: Sendable, Hashable {
        /// Can be read again, truncated and made durable.
        case regular
        case directory
        /// A pipe, a socket, a terminal or another device.
        case stream
    }

    /// Why bytes were not written.
    enum WriteFailure: Error, Sendable, Hashable {
        /// The reader of the pipe has gone.
        case closed
        /// The caller no longer wants it.
        case abandoned
        /// The system refused, after taking so many bytes.
        case refused(SystemFailure, written: Int)
    }

    static let standardInput = Descriptor(number: STDIN_FILENO)
    static let standardOutput = Descriptor(number: STDOUT_FILENO)

    let number: Int32

    /// What stands at a path, or nil if nothing does.
    static func kind(of path: String) -> Kind? {
        var status = stat()
        return stat(path, &status) == 0 ? kind(status) : nil
    }

    /// The path from the root, so that the same words said in another folder do not pass for the same file.
    static func absolutePath(_ path: String) -> String {
        URL(filePath: path).standardizedFileURL.path
    }

    /// Opens a file or pipe for reading; a folder is refused.
    static func openForReading(_ path: String) throws(SystemFailure) -> Descriptor {
        // Not blocking: opening a pipe would otherwise wait for a writer. Regular files do not care.
        let descriptor = try open(path, O_RDONLY | O_NONBLOCK)
        guard descriptor.kind != .directory else {
            descriptor.close()
            throw SystemFailure(code: EISDIR)
        }
        return descriptor
    }

    /// Opens a file or pipe for adding to its end.
    /// - Parameters:
    ///   - path: the path.
    ///   - mustBeNew: whether a file that is there already is an error (`EEXIST`).
    static func openForAppending(_ path: String, mustBeNew: Bool) throws(SystemFailure) -> Descriptor {
        switch kind(of: path) {
        case nil:
            let descriptor = try open(path, O_RDWR | O_APPEND | O_CREAT | (mustBeNew ? O_EXCL : 0))
            try synchronizeFolder(of: path)
            return descriptor
        case .regular where mustBeNew:
            throw SystemFailure(code: EEXIST)
        case .regular:
            // For reading too: what stands at its end decides whether a line break is missing there.
            return try open(path, O_RDWR | O_APPEND)
        case .directory:
            throw SystemFailure(code: EISDIR)
        case .stream:
            // Not blocking: opening a pipe would otherwise wait for a reader.
            return try open(path, O_WRONLY | O_NONBLOCK)
        }
    }

    private static func open(_ path: String, _ flags: Int32) throws(SystemFailure) -> Descriptor {
        let number = Glibc.open(path, flags | O_CLOEXEC, 0o666)
        guard number >= 0 else { throw SystemFailure() }
        return Descriptor(number: number)
    }

    /// Makes a name durable: it is only when its folder is (fsync(2)).
    static func synchronizeFolder(of path: String) throws(SystemFailure) {
        let folder = try open(URL(filePath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY)
        defer { folder.close() }
        _ = fsync(folder.number)
    }

    func close() {
        _ = Glibc.close(number)
    }

    var kind: Kind {
        var status = stat()
        return fstat(number, &status) == 0 ? Self.kind(status) : .stream
    }

    var isTerminal: Bool { isatty(number) == 1 }

    /// Bytes in a regular file.
    func size() throws(SystemFailure) -> Int64 {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw SystemFailure() }
        return Int64(status.st_size)
    }

    /// Waits until there is something to read, or the end.
    func waitUntilReadable(milliseconds: Int32) -> Bool {
        wait(for: Int16(POLLIN), milliseconds: milliseconds)
    }

    /// Reads what there is; blocks if there is nothing.
    /// - Returns: the number of bytes, 0 at the end, nil if there is nothing now.
    func read(into room: UnsafeMutableRawBufferPointer) throws(SystemFailure) -> Int? {
        while true {
            let count = Glibc.read(number, room.baseAddress, room.count)
            if count >= 0 { return count }
            let failure = SystemFailure()
            switch failure.code {
            case EINTR: continue
            case EAGAIN: return nil
            default: throw failure
            }
        }
    }

    /// Writes all bytes, waiting for room as long as `isWanted` says so; asked about every 50 ms.
    ///
    /// A pipe or terminal gets a page at a time and only when `poll` sees room for it, which is what a pipe guarantees
    /// to take at once (pipe(7), PIPE_BUF): a blocking write of more would hang for as long as the reader does, out of
    /// reach of a stop. The descriptor is not made non-blocking for that, since a shell shares it with others.
    func write(_ bytes: [UInt8], isRegular: Bool, isWanted: () -> Bool) throws(WriteFailure) {
        // `withUnsafeBytes` does not pass a typed error through.
        let failure = bytes.withUnsafeBytes { write($0, isRegular: isRegular, isWanted: isWanted) }
        if let failure { throw failure }
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer, isRegular: Bool, isWanted: () -> Bool
    ) -> WriteFailure? {
        var rest = bytes[...]
        while !rest.isEmpty {
            if !isRegular, !wait(for: Int16(POLLOUT), milliseconds: 50) {
                guard isWanted() else { return .abandoned }
                continue
            }
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(isRegular ? 1 << 20 : Int(PIPE_BUF)))
            let written = Glibc.write(number, piece.baseAddress, piece.count)
            if written >= 0 {
                rest = rest.dropFirst(written)
                continue
            }
            let failure = SystemFailure()
            switch failure.code {
            case EINTR, EAGAIN: continue
            case EPIPE: return .closed
            default: return .refused(failure, written: bytes.count - rest.count)
            }
        }
        return nil
    }

    /// Makes what was written durable, with the size of the file but without its times.
    func synchronize() throws(SystemFailure) {
        while fdatasync(number) != 0 {
            let failure = SystemFailure()
            guard failure.code == EINTR else { throw failure }
        }
    }

    /// Cuts a regular file.
    func truncate(to size: Int64) throws(SystemFailure) {
        guard ftruncate(number, off_t(size)) == 0 else { throw SystemFailure() }
    }

    /// The last byte of a regular file, or nil of an empty one.
    func lastByte() throws(SystemFailure) -> UInt8? {
        let size = try size()
        guard size > 0 else { return nil }
        var byte: UInt8 = 0
        guard pread(number, &byte, 1, off_t(size - 1)) == 1 else { throw SystemFailure() }
        return byte
    }

    /// Takes the file for this process alone, until it is closed.
    /// - Returns: whether it was free. A file system without locks is taken as free.
    func lock() -> Bool {
        flock(number, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    }

    private static func kind(_ status: stat) -> Kind {
        switch status.st_mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .directory
        default: .stream
        }
    }

    private func wait(for events: Int16, milliseconds: Int32) -> Bool {
        var request = pollfd(fd: number, events: events, revents: 0)
        // An end or an error counts as ready: the call that follows says which.
        return poll(&request, 1, milliseconds) > 0
    }
}
