import Pipeline

extension CommandParser {
    /// `explain` and what follows it.
    mutating func explain() throws(PipelineError) -> Command {
        var options = ExplainOptions()
        while let argument = next() {
            switch argument {
            case .option("-h"), .option("--help"): return .help(topic: "explain")
            case .option("--format"):
                options.format = try word(of: "--format", ResultFormat.init(rawValue:), "text, json")
            case .option(let name):
                guard try fileOption(name, &options.files) else {
                    throw Self.unknown(name, ["--set", "--env-file", "--format"])
                }
            case .plain(let path): options.files.files.append(path)
            }
        }
        guard !options.files.files.isEmpty else { throw Self.noFile }
        return .explain(options)
    }
}
