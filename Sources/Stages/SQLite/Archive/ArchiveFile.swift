internal import FoundationEssentials
internal import Glibc
internal import Pipeline

/// What stands at an archive's path, told from the first bytes of the file before SQLite is let near it: a file that
/// is not ours stays as it is, byte for byte, and gets no -wal beside it.
enum ArchiveFile {
    /// What there is.
    enum Content: Equatable {
        /// Nothing, or a file without a byte.
        case empty
        /// An archive this version reads, and writes where that was asked for.
        case archive
    }

    /// Looks at a file.
    /// - Parameters:
    ///   - path: its absolute path.
    ///   - isWriting: whether the file must also be writable.
    /// - Throws: ``PipelineError`` if it is something else, or cannot be read or written.
    static func inspect(_ path: String, isWriting: Bool) throws(PipelineError) -> Content {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return .empty }
            throw refusal(path, isWriting, String(cString: strerror(errno)), "Check the path and its permissions")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw refusal(path, isWriting, "it is not a regular file", "Name a file")
        }
        if isWriting, access(path, W_OK) != 0 {
            throw refusal(path, isWriting, "it is not writable", "Give the runner write permission on it")
        }
        if status.st_size == 0 { return .empty }
        guard let header = header(of: path) else {
            throw refusal(path, isWriting, "it cannot be read", "Give the runner read permission on it")
        }
        // A journal left by a crash while the archive was made: SQLite takes that back when it opens the file.
        if access(path + "-journal", F_OK) == 0 { return .archive }
        guard header.count == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw refusal(
                path, isWriting, "it is not a database",
                isWriting ? "Name another file; this one was left as it is" : "Name a file that the sqlite sink made")
        }
        // https://www.sqlite.org/fileformat.html, "The Database Header": big-endian at offsets 60 and 68.
        guard integer(header, at: 68) == ArchiveSchema.applicationID else {
            throw refusal(
                path, isWriting, "it is a database, but not an archive",
                isWriting ? "Name another file; this one was left as it is" : "Name a file that the sqlite sink made")
        }
        try checkVersion(integer(header, at: 60), of: path, isWriting: isWriting)
        return .archive
    }

    /// Refuses a file of a schema version that cannot be used.
    /// - Parameters:
    ///   - version: what the file has as `user_version`.
    ///   - path: the file.
    ///   - isWriting: whether it is to be written, after an upgrade where one is needed.
    static func checkVersion(_ version: Int32, of path: String, isWriting: Bool) throws(PipelineError) {
        guard version <= ArchiveSchema.version else {
            throw refusal(
                path, isWriting,
                "it was made by a newer version (schema \(version), this one knows \(ArchiveSchema.version))",
                "Use that version, or a newer one")
        }
        guard !isWriting || version >= ArchiveSchema.earliestUpgradable else {
            throw refusal(
                path, isWriting,
                "it was made by an earlier version (schema \(version), this one writes \(ArchiveSchema.version))",
                "Name another file; this one was left as it is, and can still be queried")
        }
    }

    /// Makes an empty file that only its owner may read; SQLite gives -wal and -shm the same mode.
    static func create(_ path: String) throws(PipelineError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw refusal(
                path, true, String(cString: strerror(errno)),
                "The folder must exist and the runner must be allowed to write there")
        }
        close(descriptor)
    }

    /// The path from the root without symbolic links, so that one archive has one lock whatever it is called, and a
    /// working folder that changes later does no harm. The file need not exist.
    static func absolutePath(_ path: String) -> String {
        if let resolved = resolve(path) { return resolved }
        let url = URL(fileURLWithPath: path).standardizedFileURL
        let folder = url.deletingLastPathComponent().path
        return URL(fileURLWithPath: resolve(folder) ?? folder).appendingPathComponent(url.lastPathComponent).path
    }

    private static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func header(of path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = read(descriptor, &bytes, bytes.count)
        return count < 0 ? nil : Array(bytes.prefix(count))
    }

    private static func integer(_ header: [UInt8], at offset: Int) -> Int32 {
        header[offset..<offset + 4].reduce(0) { $0 << 8 | Int32($1) }
    }

    private static func refusal(
        _ path: String, _ isWriting: Bool, _ reason: String, _ remedy: String
    ) -> PipelineError {
        PipelineError(
            isWriting ? .cannotCreate : .inputOutput, "cannot open the archive \(path)", reason: reason,
            remedy: remedy)
    }
}
