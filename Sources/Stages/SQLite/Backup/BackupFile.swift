internal import Glibc
internal import Pipeline

/// The file that a backup grows in, its owner's alone. A lock beside it keeps two from writing the same one.
final class BackupFile {
    /// Bytes, once it is finished.
    private(set) var size = 0

    private let path: String
    private let lock: ArchiveLock
    private var hasName = true
    private var descriptor: Int32 = -1

    /// Makes it empty; what an attempt that was killed has left there goes.
    /// - Parameter path: its absolute path.
    /// - Throws: ``PipelineError`` (`cannotCreate`) if the folder does not allow it, or another backup has it.
    init(path: String) throws(PipelineError) {
        self.path = path
        switch try ArchiveLock.attempt(beside: path) {
        case .taken(let lock): self.lock = lock
        case .held(let holder):
            throw PipelineError(
                .cannotCreate, "cannot make a backup", reason: "one is being made at \(path) by \(holder)",
                remedy: "Wait for its end")
        }
        unlink(path)
        do {
            try ArchiveFile.create(path)
        } catch {
            lock.release()
            throw error
        }
    }

    /// Refuses to fill the disk, which the archive itself may lie on and would then wait for.
    /// - Parameter bytes: what the copy will need at most.
    func checkRoom(for bytes: Int64) throws(PipelineError) {
        var room = statvfs()
        guard statvfs(path, &room) == 0 else { return }
        let free = Int64(room.f_bavail) * Int64(room.f_frsize)
        guard free < bytes else { return }
        throw PipelineError(
            .inputOutput, "cannot make a backup",
            reason: "it needs up to \(bytes / 1_000_000 + 1) MB, and there are \(free / 1_000_000) MB left for \(path)",
            remedy: "Make room there, or write the backup to another disk")
    }

    /// Sees to it that what was written is on the disk.
    func finish() throws(PipelineError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        var status = stat()
        guard descriptor >= 0, fsync(descriptor) == 0, fstat(descriptor, &status) == 0 else {
            throw failure("cannot write the backup \(path)")
        }
        size = Int(status.st_size)
    }

    /// Gives it its name.
    /// - Parameter name: an absolute path in the same folder.
    func publish(as name: String) throws(PipelineError) {
        guard rename(path, name) == 0 else { throw failure("cannot name the backup \(name)") }
        hasName = false
        // The new name is to outlive a power cut as well.
        let folder = open(String(name[..<(name.lastIndex(of: "/") ?? name.startIndex)]) + "/", O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    /// Takes its name away; what is in it can still be read, until it is discarded.
    func removeName() throws(PipelineError) {
        guard unlink(path) == 0 else { throw failure("cannot remove the name of the backup \(path)") }
        hasName = false
    }

    /// The next bytes; none at its end.
    func read(upTo count: Int) throws(PipelineError) -> [UInt8] {
        var number = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            number = Glibc.read(descriptor, buffer.baseAddress, count)
            initialized = max(0, number)
        }
        guard number >= 0 else { throw failure("cannot read the backup \(path)") }
        return bytes
    }

    /// Closes it, and removes it if it has no other name by now.
    func discard() {
        if hasName { unlink(path) }
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        lock.release()
    }

    private func failure(_ what: String) -> PipelineError {
        PipelineError(.inputOutput, what, reason: String(cString: strerror(errno)))
    }
}
