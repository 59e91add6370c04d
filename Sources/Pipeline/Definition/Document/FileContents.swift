internal import Glibc

/// Reads the files that a definition is made of: the only thing here that touches the machine.
public enum FileContents {
    /// Reads a file's bytes, no further than a document may be long, so that a device or pipe without end is told as
    /// too large by whoever judges the bytes. Blocks.
    /// - Parameter path: the file.
    /// - Throws: ``DefinitionMistakes`` if it is missing, a folder, or cannot be read.
    public static func bytes(of path: String) throws(DefinitionMistakes) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw unreadable(path, ENOENT) }
        // Not FileHandle: its errors on Linux do not tell a folder from a file that may not be read.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        defer { close(descriptor) }
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while contents.count <= DocumentReader.sizeLimit {
            // The array is valid for the length of the call and as long as the count says.
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path, errno) }
            guard count > 0 else { break }
            contents += chunk[..<count]
        }
        return contents
    }

    private static func unreadable(_ path: String, _ code: Int32) -> DefinitionMistakes {
        let what =
            switch code {
            case ENOENT, ENOTDIR: "no such file"
            case EISDIR: "a folder"
            case EACCES, EPERM: "a file that may not be read"
            default: "a file that cannot be read"
            }
        return DefinitionMistakes([
            DefinitionMistake(
                at: Place(path), path: nil, what, found: String(cString: strerror(code)),
                allowed: "a file that can be read")
        ])
    }
}
