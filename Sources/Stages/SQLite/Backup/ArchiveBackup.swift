internal import Glibc
public import Pipeline

/// A copy of an archive as it is at one moment, made while a runner may be writing it.
///
/// By `VACUUM INTO`, one read transaction of SQLite: what a runner writes meanwhile is not in it, and the runner does not
/// wait. Copying the file instead would miss what is committed in the log beside it.
public struct ArchiveBackup: Sendable {
    private static let pieceSize = 1 << 18

    private let archive: String

    /// - Parameter path: the archive.
    public init(of path: String) {
        archive = ArchiveFile.absolutePath(path)
    }

    /// Makes the copy under a name of its own, `PATH.part`, and gives it its name when it is whole and on the disk, so that
    /// what has the name is always a whole archive. What an ended attempt has left under the first name is replaced.
    /// - Parameter path: where; nothing may be there.
    /// - Returns: the copy's size in bytes.
    /// - Throws: ``PipelineError`` if the archive cannot be read, something has that name, another backup to it is being
    ///   made, or the disk has no room.
    public func write(to path: String) throws(PipelineError) -> Int {
        let path = ArchiveFile.absolutePath(path)
        guard access(path, F_OK) != 0 else {
            throw PipelineError(
                .cannotCreate, "cannot make the backup \(path)", reason: "there is a file of that name",
                remedy: "Name another file, or remove it")
        }
        let copy = try copy(to: path + ".part")
        defer { copy.discard() }
        try copy.publish(as: path)
        return copy.size
    }

    /// Hands the copy over in pieces. It is made beside the archive first, as `PATH.backup`, since SQLite writes no file from
    /// its beginning to its end; it has no name any more when the first piece is handed over, so that however this ends,
    /// nothing stays.
    /// - Parameter output: receives each piece, in order.
    /// - Returns: the copy's size in bytes.
    /// - Throws: what `output` throws, and as ``write(to:)`` does.
    public func send(_ output: ([UInt8]) throws(PipelineError) -> Void) throws(PipelineError) -> Int {
        let copy = try copy(to: archive + ".backup")
        defer { copy.discard() }
        try copy.removeName()
        while case let piece = try copy.read(upTo: Self.pieceSize), !piece.isEmpty { try output(piece) }
        return copy.size
    }

    private func copy(to path: String) throws(PipelineError) -> BackupFile {
        let reader = try ArchiveReader(path: archive, purpose: .copying)
        defer { reader.close() }
        let file = try BackupFile(path: path)
        do {
            try file.checkRoom(for: size(of: reader.connection, path))
            try attempt(path) { () throws(SQLiteFailure) in
                let statement = try reader.connection.prepare("VACUUM INTO ?1")
                try statement.bind(path, at: 1)
                try statement.run()
            }
            try file.finish()
        } catch {
            file.discard()
            throw error
        }
        return file
    }

    private func size(of connection: SQLiteConnection, _ path: String) throws(PipelineError) -> Int64 {
        let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        return try attempt(path) { () throws(SQLiteFailure) in try connection.integer(sql) } ?? 0
    }

    private func attempt<Result>(
        _ path: String, _ body: () throws(SQLiteFailure) -> Result
    ) throws(PipelineError) -> Result {
        do {
            return try body()
        } catch {
            throw PipelineError(error, "cannot copy the archive \(archive)", path: path)
        }
    }
}
