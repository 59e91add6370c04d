internal import Pipeline

/// A runner that may have to wait for an archive's lock. It opens nothing before it has it: whoever holds the archive may
/// be making it, or bringing it to another schema version.
struct ArchiveStandby {
    /// How often the lock is tried for: the time by which a takeover may be late. Tried for, because a call that waits
    /// for the lock could not be cancelled, and a change of the file says nothing of who holds it.
    private static let interval = Duration.milliseconds(200)
    private static let reminder = Duration.seconds(60)

    /// The archive's absolute path.
    let path: String
    let whenLocked: SQLiteSettings.WhenLocked
    let context: StageContext

    /// Takes the lock, after a wait where the settings say so.
    /// - Throws: ``PipelineError`` if someone holds the lock and no wait was asked for, naming the holder; or if there can
    ///   be none. `CancellationError` as soon as the task is cancelled.
    func takeLock() async throws -> ArchiveLock {
        let began = context.clock.now
        var named: String?
        var remindAt = Duration.zero
        while true {
            let holder: String
            switch try ArchiveLock.attempt(beside: path) {
            case .taken(let lock):
                if named != nil {
                    let seconds = (context.clock.now - began) / .seconds(1)
                    context.log.info("takes the archive over", Log.Detail("waited_seconds", "\(Int(seconds))"))
                }
                return lock
            case .held(let name): holder = name
            }
            guard whenLocked == .wait else {
                throw PipelineError(
                    .cannotCreate, "cannot open the archive \(path)", reason: "it is held by \(holder)",
                    remedy:
                        "Stop that one first, wait for it with \"when_locked\": \"wait\", or archive into another file")
            }
            let now = context.clock.now
            if holder != named || now >= remindAt {
                named = holder
                remindAt = now + Self.reminder
                context.log.info(
                    "stands by until the archive is free", Log.Detail("archive", path), Log.Detail("holder", holder))
            }
            try await context.clock.sleep(until: now + Self.interval)
        }
    }
}
