internal import Glibc
internal import Pipeline

/// The exclusive lock beside an archive: `PATH.lock`, held for as long as the archive is open, naming its holder.
///
/// flock, because it goes with the open file and ends with the process however that ends; and also between two sinks
/// of one process, which a lock of fcntl's older kind would let through.
final class ArchiveLock {
    private let path: String
    private var descriptor: Int32

    /// Takes the lock.
    /// - Parameter archive: the archive's absolute path.
    /// - Throws: ``PipelineError`` if someone holds it, naming pid and host, or if the file cannot be made.
    init(beside archive: String) throws(PipelineError) {
        path = archive + ".lock"
        while true {
            descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else {
                throw PipelineError(
                    .cannotCreate, "cannot open the archive \(archive)",
                    reason: "its lock file cannot be made: \(String(cString: strerror(errno)))",
                    remedy: "The folder must exist and the runner must be allowed to write there")
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let reason = errno
                let holder = Self.holder(descriptor)
                Glibc.close(descriptor)
                guard reason == EWOULDBLOCK else {
                    throw PipelineError(
                        .cannotCreate, "cannot open the archive \(archive)",
                        reason: "its lock file cannot be locked: \(String(cString: strerror(reason)))",
                        remedy: "Keep archives on a local disk")
                }
                throw PipelineError(
                    .cannotCreate, "cannot open the archive \(archive)", reason: "it is held by \(holder)",
                    remedy: "Stop that one first, or archive into another file")
            }
            if isInPlace { break }
            // The last holder removed the file between our open and our lock: what we hold has no name any more.
            Glibc.close(descriptor)
        }
        let text = "pid \(getpid()) on \(Self.host)\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { Glibc.pwrite(descriptor, $0, strlen($0), 0) }
    }

    /// Gives the lock back and removes its file.
    func release() {
        guard descriptor >= 0 else { return }
        unlink(path)
        Glibc.close(descriptor)
        descriptor = -1
    }

    private var isInPlace: Bool {
        var held = stat()
        var named = stat()
        return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino
            && held.st_dev == named.st_dev
    }

    // Not `ProcessInfo.hostName`, which asks the network for a longer name.
    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 200)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            .filter { $0.isASCII && !$0.isNewline }
        return text.isEmpty ? "another process" : "another runner, \(text)"
    }
}
