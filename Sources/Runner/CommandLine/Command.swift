import Stages

/// What the command line asks for.
enum Command: Equatable {
    /// `runner FILE…`
    case run(RunOptions)
    /// `runner check FILE…`
    case check(FileOptions)
    /// `runner explain FILE…`
    case explain(ExplainOptions)
    /// `runner stages [TYPE]`
    case stages(type: String?)
    /// `runner query DB [SQL]`
    case query(QueryOptions)
    /// `runner verify ARCHIVE…`
    case verify(VerifyOptions)
    /// `runner backup ARCHIVE FILE`
    case backup(BackupOptions)
    /// `runner delete-topic FILE…`
    case deleteTopic(FileOptions)
    /// `runner health [URL]`
    case health(ProbeURL)
    /// `runner broker`
    case broker(BrokerOptions)
    /// `runner --help` or `runner COMMAND --help`
    case help(topic: String?)
    /// `runner --version`
    case version
}

/// Which pipeline files, and what changes them.
struct FileOptions: Equatable {
    /// Paths of the files.
    var files: [String] = []
    /// `--set` as written, in order.
    var overrides: [String] = []
    /// `--env-file`, in order.
    var environmentFiles: [String] = []
}

/// How a command writes what it found.
enum ResultFormat: String, Equatable {
    /// For people.
    case text
    /// One JSON object.
    case json
}

/// What `runner explain` was given.
struct ExplainOptions: Equatable {
    /// The files.
    var files = FileOptions()
    /// `--format`
    var format = ResultFormat.text
}

/// How log lines look.
enum LogFormat: String, Equatable {
    /// For people.
    case text
    /// One JSON object a line.
    case json
}

/// What `runner FILE…` was given.
struct RunOptions: Equatable {
    /// The files.
    var files = FileOptions()
    /// `--report`
    var reportPath: String?
    /// `--log-format`
    var logFormat = LogFormat.text
    /// `-q`
    var isQuiet = false
    /// `--embedded-broker`
    var usesEmbeddedBroker = false
}

/// What `runner query` was given.
struct QueryOptions: Equatable {
    /// Path of the archive.
    var database = ""
    /// The statement, or nil for the summary.
    var statement: String?
    /// `--format`
    var format = ArchiveQuery.Format.table
}

/// What `runner verify` was given.
struct VerifyOptions: Equatable {
    /// Paths of the archives.
    var archives: [String] = []
    /// `--stream`, in order, under the clock of `--clock`.
    var streams: [StreamExpectation] = []
    /// `--from-report`, in order.
    var reportPaths: [String] = []
    /// `--kafka`
    var brokers: String?
    /// `--properties`
    var propertiesPath: String?
    /// `--format`
    var format = ResultFormat.text
    /// `-q`
    var isQuiet = false
}

/// What `runner backup` was given.
struct BackupOptions: Equatable {
    /// Path of the archive.
    var archive: String
    /// Path of the copy, or nil for standard output.
    var destination: String?
}

/// What `runner broker` was given.
struct BrokerOptions: Equatable {
    /// `--topic`
    var topic = "atm-transactions"
    /// `--partitions`
    var partitions = 3
}
