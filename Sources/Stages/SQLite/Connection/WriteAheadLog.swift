internal import CSQLite

/// The size of a writing connection's write-ahead log, and its writing back.
///
/// SQLite's own autocheckpoint runs inside COMMIT, counts pages instead of bytes and is silent when it fails; this one
/// runs between transactions, after the acknowledgements, on the one writing connection.
final class WriteAheadLog {
    /// What a checkpoint did.
    enum Checkpoint: Equatable {
        /// The log is not long enough yet.
        case notDue
        /// All of it is in the database file; the next transaction writes from the log's beginning.
        case complete
        /// A reader that began long ago needs the rest of it.
        case heldBack
    }

    private let connection: SQLiteConnection
    private let frames: UnsafeMutablePointer<Int32>
    private let frameSize: Int
    private let threshold: Int
    private var dueAt: Int

    /// - Parameters:
    ///   - connection: the writing connection; must be closed before this object goes.
    ///   - pageSize: the database's page size in bytes.
    ///   - threshold: bytes at which the log is written back.
    init(of connection: SQLiteConnection, pageSize: Int, threshold: Int) {
        self.connection = connection
        self.threshold = threshold
        dueAt = threshold
        frameSize = pageSize + 24
        frames = .allocate(capacity: 1)
        frames.initialize(to: 0)
        sqlite3_wal_hook(
            connection.handle,
            { frames, _, _, count in
                frames?.assumingMemoryBound(to: Int32.self).pointee = count
                return SQLITE_OK
            }, frames)
    }

    deinit {
        frames.deallocate()
    }

    /// Bytes in the log after the last commit.
    var size: Int { Int(frames.pointee) * frameSize }

    /// Writes the log back if it has grown to the threshold. Waits for nobody.
    func checkpointIfDue() throws(SQLiteFailure) -> Checkpoint {
        if size < threshold { dueAt = threshold }
        guard size >= dueAt else { return .notDue }
        var total: Int32 = 0
        var written: Int32 = 0
        // After a failure or with a reader in the way the next attempt comes a threshold later, not at every commit.
        dueAt = size + threshold
        try connection.check(
            sqlite3_wal_checkpoint_v2(connection.handle, nil, SQLITE_CHECKPOINT_PASSIVE, &total, &written))
        guard total == written else { return .heldBack }
        dueAt = threshold
        frames.pointee = 0
        return .complete
    }
}
