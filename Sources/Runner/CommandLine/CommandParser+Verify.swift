import Pipeline
import Stages

extension CommandParser {
    /// `verify` and what follows it.
    mutating func verify() throws(PipelineError) -> Command {
        var options = VerifyOptions()
        var clock = Generator.Clock.wall
        while let argument = next() {
            switch argument {
            case .option("-h"), .option("--help"): return .help(topic: "verify")
            case .option("-q"), .option("--quiet"): options.isQuiet = true
            case .option("--stream"):
                options.streams.append(
                    try word(of: "--stream", Self.stream, "SEED,START,COUNT: three whole numbers, such as 42,0,1000000")
                )
            case .option("--from-report"):
                options.reportPaths.append(try value(of: "--from-report", "a file"))
            case .option("--kafka"): options.brokers = try value(of: "--kafka", "host:port, with commas")
            case .option("--properties"): options.propertiesPath = try value(of: "--properties", "a file")
            case .option("--clock"):
                clock = try word(of: "--clock", Generator.Clock.init(rawValue:), "wall, schedule")
            case .option("--format"):
                options.format = try word(of: "--format", ResultFormat.init(rawValue:), "text, json")
            case .option(let name):
                throw Self.unknown(
                    name, ["--stream", "--clock", "--from-report", "--kafka", "--properties", "--format", "-q"])
            case .plain(let path): options.archives.append(path)
            }
        }
        guard !options.archives.isEmpty else {
            throw PipelineError(
                .usage, "verify needs an archive", reason: "no path was given",
                remedy: "For example: runner verify atm-transactions.db")
        }
        if options.propertiesPath != nil, options.brokers == nil {
            throw PipelineError(
                .usage, "--properties needs --kafka", reason: "they say how to speak with the brokers it names")
        }
        for index in options.streams.indices { options.streams[index].clock = clock }
        return .verify(options)
    }

    /// `SEED,START,COUNT`: a part of the stream that a generator makes by default.
    private static func stream(_ text: String) -> StreamExpectation? {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int64($0) }
        guard numbers.count == 3, let seed = numbers[0], let start = numbers[1], let count = numbers[2], seed >= 0,
            start >= 0, count >= 0
        else { return nil }
        let (end, isTooFar) = start.addingReportingOverflow(count)
        if isTooFar { return nil }
        return StreamExpectation(settings: TransactionSettings(seed: seed), indices: start..<end, clock: .wall)
    }
}
