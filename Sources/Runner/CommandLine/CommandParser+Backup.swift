import Pipeline

extension CommandParser {
    /// `backup` and what follows it.
    mutating func backup() throws(PipelineError) -> Command {
        var paths: [String] = []
        while let argument = next() {
            switch argument {
            case .option("-h"), .option("--help"): return .help(topic: "backup")
            case .option(let name): throw Self.unknown(name, ["--help"])
            case .plain(let path): paths.append(path)
            }
        }
        if paths.count > 2 { throw Self.tooMany(paths[2]) }
        guard paths.count == 2 else {
            throw PipelineError(
                .usage, "backup needs an archive and the file that the copy goes to",
                reason: "\(paths.isEmpty ? "no path was" : "only one path was") given",
                remedy: "For example: runner backup atm-transactions.db backup.db")
        }
        return .backup(BackupOptions(archive: paths[0], destination: paths[1] == "-" ? nil : paths[1]))
    }
}
