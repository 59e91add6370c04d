internal import Glibc
internal import Pipeline

/// The exclusive lock beside an archive: `PATH.lock`, held for as long as the archive is open, naming its holder.
///
/// flock, because it goes with the open file and ends with the process however that ends; and also between two sinks
/// of one process, which a lock of fcntl's older kind would let through.
final class ArchiveLock {
    /// What came of trying to take it.
    enum Attempt {
        /// It is the caller's.
        case taken(ArchiveLock)
        /// Someone else has it; names pid and host, as far as they are written there.
        case held(by: String)
    }

    private let path: String
    private var descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
        let text = "pid \(getpid()) on \(Self.host)\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { Glibc.pwrite(descriptor, $0, strlen($0), 0) }
    }

    /// Tries to take the lock; waits for nobody.
    /// - Parameter archive: the archive's absolute path.
    /// - Throws: ``PipelineError`` if the lock's file cannot be made or locked.
    static func attempt(beside archive: String) throws(PipelineError) -> Attempt {
        let path = archive + ".lock"
        while true {
            let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else {
                throw PipelineError(
                    .cannotCreate, "cannot open the archive \(archive)",
                    reason: "its lock file cannot be made: \(String(cString: strerror(errno)))",
                    remedy: "The folder must exist and the runner must be allowed to write there")
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let reason = errno
                let holder = holder(descriptor)
                Glibc.close(descriptor)
                if reason == EWOULDBLOCK { return .held(by: holder) }
                throw PipelineError(
                    .cannotCreate, "cannot open the archive \(archive)",
                    reason: "its lock file cannot be locked: \(String(cString: strerror(reason)))",
                    remedy: "Keep archives on a local disk")
            }
            if isInPlace(descriptor, path) { return .taken(ArchiveLock(path: path, descriptor: descriptor)) }
            // The last holder removed the file between our open and our lock: what we hold has no name any more.
            Glibc.close(descriptor)
        }
    }

    /// Gives the lock back and removes its file.
    func release() {
        guard descriptor >= 0 else { return }
        // Not the file of a successor, where somebody removed ours.
        if Self.isInPlace(descriptor, path) { unlink(path) }
        Glibc.close(descriptor)
        descriptor = -1
    }

    private static func isInPlace(_ descriptor: Int32, _ path: String) -> Bool {
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
