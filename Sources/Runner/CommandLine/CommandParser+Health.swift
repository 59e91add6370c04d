import Pipeline

extension CommandParser {
    /// `health` and what follows it.
    mutating func health() throws(PipelineError) -> Command {
        var url: String?
        while let argument = next() {
            switch argument {
            case .option("-h"), .option("--help"): return .help(topic: "health")
            case .option(let name): throw Self.unknown(name, ["--help"])
            case .plain(let word):
                guard url == nil else { throw Self.tooMany(word) }
                url = word
            }
        }
        let text = url ?? ProbeURL.usual
        guard let place = ProbeURL(text) else {
            throw PipelineError(
                .usage, "cannot ask \"\(text)\"", reason: "it is no http://HOST:PORT/PATH",
                remedy: "For example: runner health \(ProbeURL.usual)")
        }
        return .health(place)
    }
}
