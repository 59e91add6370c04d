import Pipeline
import Stages

/// Reads a command line into a ``Command``. Knows nothing of files or the terminal.
struct CommandParser {
    private var rest: [String]

    /// - Parameter arguments: the command line without the program's name.
    init(_ arguments: [String]) {
        rest = arguments.reversed()
    }

    /// - Throws: ``PipelineError`` with code usage.
    static func parse(_ arguments: [String]) throws(PipelineError) -> Command {
        var parser = CommandParser(arguments)
        return try parser.command()
    }

    private mutating func command() throws(PipelineError) -> Command {
        switch rest.last {
        case nil, "-h", "--help":
            return .help(topic: nil)
        case "help":
            rest.removeLast()
            return .help(topic: rest.last)
        case "--version":
            return .version
        case "check":
            rest.removeLast()
            return try files("check", Command.check)
        case "delete-topic":
            rest.removeLast()
            return try files("delete-topic", Command.deleteTopic)
        case "explain":
            rest.removeLast()
            return try explain()
        case "stages":
            rest.removeLast()
            return try stages()
        case "query":
            rest.removeLast()
            return try query()
        case "verify":
            rest.removeLast()
            return try verify()
        case "backup":
            rest.removeLast()
            return try backup()
        case "health":
            rest.removeLast()
            return try health()
        case "broker":
            rest.removeLast()
            return try broker()
        default:
            return try run()
        }
    }

    // MARK: Commands

    private mutating func run() throws(PipelineError) -> Command {
        var options = RunOptions()
        while let argument = next() {
            switch argument {
            case .option("-h"), .option("--help"): return .help(topic: nil)
            case .option("--version"): return .version
            case .option("-q"), .option("--quiet"): options.isQuiet = true
            case .option("--embedded-broker"): options.usesEmbeddedBroker = true
            case .option("--report"): options.reportPath = try value(of: "--report", "a file")
            case .option("--log-format"):
                options.logFormat = try word(of: "--log-format", LogFormat.init(rawValue:), "text, json")
            case .option(let name):
                guard try fileOption(name, &options.files) else {
                    throw Self.unknown(
                        name, ["--set", "--env-file", "--report", "--log-format", "--embedded-broker", "-q"])
                }
            case .plain(let path): options.files.files.append(path)
            }
        }
        guard !options.files.files.isEmpty else { throw Self.noFile }
        return .run(options)
    }

    /// A command that takes pipeline files and what changes them, and nothing else.
    private mutating func files(
        _ name: String, _ command: (FileOptions) -> Command
    ) throws(PipelineError) -> Command {
        var options = FileOptions()
        while let argument = next() {
            switch argument {
            case .option("-h"), .option("--help"): return .help(topic: name)
            case .option(let option):
                guard try fileOption(option, &options) else { throw Self.unknown(option, ["--set", "--env-file"]) }
            case .plain(let path): options.files.append(path)
            }
        }
        guard !options.files.isEmpty else { throw Self.noFile }
        return command(options)
    }

    private mutating func stages() throws(PipelineError) -> Command {
        var type: String?
        while let argument = next() {
            switch argument {
            case .option("-h"), .option("--help"): return .help(topic: "stages")
            case .option(let name): throw Self.unknown(name, ["--help"])
            case .plain(let word):
                guard type == nil else { throw Self.tooMany(word) }
                type = word
            }
        }
        return .stages(type: type)
    }

    private mutating func query() throws(PipelineError) -> Command {
        var options = QueryOptions()
        var plain: [String] = []
        while let argument = next() {
            switch argument {
            case .option("-h"), .option("--help"): return .help(topic: "query")
            case .option("--format"):
                options.format = try word(of: "--format", ArchiveQuery.Format.init(rawValue:), "table, csv, json")
            case .option(let name): throw Self.unknown(name, ["--format"])
            case .plain(let word): plain.append(word)
            }
        }
        if plain.count > 2 {
            throw PipelineError(
                .usage, "too many words after query",
                reason: "expected DATABASE and at most one statement, "
                    + "found \(plain.count) words", remedy: "Put the statement in quotes")
        }
        guard let database = plain.first else {
            throw PipelineError(
                .usage, "query needs an archive", reason: "no path was given",
                remedy: "For example: runner query atm-transactions.db")
        }
        options.database = database
        options.statement = plain.dropFirst().first
        return .query(options)
    }

    private mutating func broker() throws(PipelineError) -> Command {
        var options = BrokerOptions()
        while let argument = next() {
            switch argument {
            case .option("-h"), .option("--help"): return .help(topic: "broker")
            case .option("--topic"): options.topic = try value(of: "--topic", "a topic's name")
            case .option("--partitions"):
                options.partitions = try word(
                    of: "--partitions", { Int($0).flatMap { (1...1_000).contains($0) ? $0 : nil } }, "1 to 1000")
            case .option(let name): throw Self.unknown(name, ["--topic", "--partitions"])
            case .plain(let word): throw Self.tooMany(word)
            }
        }
        return .broker(options)
    }

    mutating func fileOption(_ name: String, _ options: inout FileOptions) throws(PipelineError) -> Bool {
        switch name {
        case "--set": options.overrides.append(try value(of: name, "[PIPELINE:]PATH=VALUE"))
        case "--env-file": options.environmentFiles.append(try value(of: name, "a file"))
        default: return false
        }
        return true
    }

    // MARK: Words

    enum Argument {
        case option(String)
        case plain(String)
    }

    private var isPastOptions = false

    /// The next argument; `--name=value` is taken apart, `--` ends the options, `-` is a plain word.
    mutating func next() -> Argument? {
        guard let argument = rest.popLast() else { return nil }
        if isPastOptions || argument == "-" || !argument.hasPrefix("-") { return .plain(argument) }
        if argument == "--" {
            isPastOptions = true
            return next()
        }
        if argument.hasPrefix("--"), let equals = argument.firstIndex(of: "=") {
            rest.append(String(argument[argument.index(after: equals)...]))
            return .option(String(argument[..<equals]))
        }
        return .option(argument)
    }

    mutating func value(of option: String, _ what: String) throws(PipelineError) -> String {
        guard let value = rest.popLast() else {
            throw PipelineError(
                .usage, "\(option) needs a value", reason: "the command line ends after it",
                remedy: "Give \(what) after \(option)")
        }
        return value
    }

    mutating func word<Value>(
        of option: String, _ convert: (String) -> Value?, _ allowed: String
    ) throws(PipelineError) -> Value {
        let text = try value(of: option, "one of \(allowed)")
        guard let value = convert(text) else {
            throw PipelineError(
                .usage, "cannot understand \(option) \(text)", reason: "allowed: \(allowed)")
        }
        return value
    }

    static let noFile = PipelineError(
        .usage, "no pipeline file was given", reason: "there is nothing to run",
        remedy: "For example: runner pipelines/produce.json. See runner --help")

    static func unknown(_ option: String, _ known: [String]) -> PipelineError {
        PipelineError(
            .usage, "unknown option \(option)", reason: "known here: \(known.joined(separator: ", "))",
            remedy: "See runner --help")
    }

    static func tooMany(_ word: String) -> PipelineError {
        PipelineError(
            .usage, "did not expect \"\(word)\"", reason: "nothing may follow here", remedy: "See runner --help")
    }
}
