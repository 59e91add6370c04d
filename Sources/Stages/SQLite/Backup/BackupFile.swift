internal import Glibc
internal import Pipeline

/// The file that a backup grows in, its owner's alone. A lock beside it keeps two from writing the same one.
final class BackupFile {
    /// Bytes, once it is finished.
    private(set) var size = 0

    private let path: String
    private let lock: ArchiveLock
    private var hasName = true
    private var descriptor: Descriptor?

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
        do throws(SystemFailure) {
            let number = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard number >= 0 else { throw SystemFailure() }
            let descriptor = Descriptor(number: number)
            self.descriptor = descriptor
            try descriptor.synchronize()
            size = Int(try descriptor.size())
        } catch {
            throw error.error(.inputOutput, "cannot write the backup \(path)")
        }
    }

    /// Gives it its name.
    /// - Parameter name: an absolute path in the same folder.
    func publish(as name: String) throws(PipelineError) {
        guard rename(path, name) == 0 else {
            throw SystemFailure().error(.inputOutput, "cannot name the backup \(name)")
        }
        hasName = false
        // It has its name already, and whoever may not open the folder cannot have it outlive a power cut.
        try? Descriptor.synchronizeFolder(of: name)
    }

    /// Takes its name away; what is in it can still be read, until it is discarded.
    func removeName() throws(PipelineError) {
        guard unlink(path) == 0 else {
            throw SystemFailure().error(.inputOutput, "cannot remove the name of the backup \(path)")
        }
        hasName = false
    }

    /// The next bytes; none at its end.
    func read(upTo count: Int) throws(PipelineError) -> [UInt8] {
        guard let descriptor else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        // `withUnsafeMutableBytes` does not pass a typed error through.
        let outcome = bytes.withUnsafeMutableBytes { room in
            Result { () throws(SystemFailure) in try descriptor.read(into: room) ?? 0 }
        }
        do {
            return Array(bytes.prefix(try outcome.get()))
        } catch {
            throw error.error(.inputOutput, "cannot read the backup \(path)")
        }
    }

    /// Closes it, and removes it if it has no other name by now.
    func discard() {
        if hasName { unlink(path) }
        descriptor?.close()
        descriptor = nil
        lock.release()
    }
}
