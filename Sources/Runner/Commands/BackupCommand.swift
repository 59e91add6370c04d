import Glibc
import Pipeline
import Stages

/// `runner backup ARCHIVE FILE`
struct BackupCommand {
    let options: BackupOptions
    let output: StandardError

    /// Copies, and tells how much: on standard error where the copy itself goes to standard output.
    /// - Throws: ``PipelineError``, as ``ArchiveBackup`` does, and before anything is made if the copy would go to a terminal.
    func run() throws(PipelineError) {
        let backup = ArchiveBackup(of: options.archive)
        guard let destination = options.destination else {
            if StandardStream.output.isTerminal {
                throw PipelineError(
                    .usage, "cannot write the backup", reason: "standard output is a terminal",
                    remedy: "Send it elsewhere: runner backup \(options.archive) - > backup.db")
            }
            let size = try backup.send(Self.write)
            output.write("copied \(size) bytes\n")
            return
        }
        let size = try backup.write(to: destination)
        try StandardOutput.write("copied \(size) bytes to \(destination)\n")
    }

    /// Not ``StandardOutput``, to which a reader that has gone is no failure: half a copy is none.
    private static func write(_ piece: [UInt8]) throws(PipelineError) {
        guard let code = StandardStream.output.write(piece) else { return }
        throw PipelineError(
            .inputOutput, "cannot write the backup to standard output", reason: String(cString: strerror(code)),
            remedy: "What was written before is not a whole archive")
    }
}
