/// One `--set [PIPELINE:]PATH=VALUE`.
///
/// PATH is `name`, `source.count`, `stages.rate-gate.rate`, `sinks.sqlite.path`: by a stage's name, then the way into
/// objects, as `runner explain` shows it. VALUE is read as the setting expects, objects and lists as JSON; `${…}` in it
/// is taken as it stands, for the shell has had its turn.
public struct SettingOverride: Sendable, Hashable {
    /// Its number among the overrides of the command line, counted from 1.
    public let number: Int
    /// The pipeline it is for; nil for every one.
    public let pipeline: String?
    /// The way to the setting, at least one step.
    public let path: [String]
    /// The value as it was given.
    public let value: String

    /// Reads the argument of a `--set`.
    /// - Parameters:
    ///   - argument: `[PIPELINE:]PATH=VALUE`. A value may hold further `=` and `:`, and may be empty.
    ///   - number: its number among the overrides, counted from 1.
    /// - Throws: ``DefinitionMistakes`` if it has no `=` or an empty step. The value is never repeated in it.
    public init(_ argument: String, number: Int) throws(DefinitionMistakes) {
        func mistakes(_ what: String, found: String? = nil) -> DefinitionMistakes {
            DefinitionMistakes([
                DefinitionMistake(
                    at: Place.override(number), path: nil, what, found: found,
                    allowed: "[PIPELINE:]PATH=VALUE, such as source.count=5 or sinks.sqlite.path=atm.db")
            ])
        }
        guard let equals = argument.firstIndex(of: "=") else { throw mistakes("an override without \"=\"") }
        let target = argument[..<equals]
        var steps = target
        var pipeline: String?
        // A step of a path may hold a colon (a header's name), a pipeline's name no dot.
        if let colon = target.firstIndex(of: ":"), !target[..<colon].contains(".") {
            pipeline = String(target[..<colon])
            steps = target[target.index(after: colon)...]
        }
        let path = steps.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !path.contains(""), pipeline != "" else {
            throw mistakes("an empty step", found: QuotedText.quoted(QuotedText.excerpt(String(target))))
        }
        self.number = number
        self.pipeline = pipeline
        self.path = path
        value = String(argument[argument.index(after: equals)...])
    }

    /// Whether the override is for a pipeline.
    /// - Parameter pipeline: the pipeline's name in its file.
    func concerns(_ pipeline: String) -> Bool {
        self.pipeline == nil || self.pipeline == pipeline
    }
}

extension SettingOverride {
    /// The mistake of an override for a pipeline that is in no file.
    func unknownPipeline(among names: [String]) -> DefinitionMistake {
        let pipeline = pipeline ?? ""
        return DefinitionMistake(
            at: Place.override(number), path: nil, "unknown pipeline", found: QuotedText.quoted(pipeline),
            allowed: SettingForm.alternatives(names.map(QuotedText.quoted)),
            nearest: NearestName.nearest(to: pipeline, among: names))
    }
}
