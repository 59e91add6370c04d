/// A pipeline file: its path and its bytes, not judged yet.
///
/// Everything after reading the bytes is a pure function of what is passed in.
public struct PipelineFile: Sendable {
    /// The path as a person gave it.
    public let path: String
    /// The bytes; any.
    public let contents: [UInt8]

    /// Makes a file from bytes.
    /// - Parameters:
    ///   - path: the path as it is named in mistakes, and whose base name is the pipeline's name unless it has one.
    ///   - contents: the bytes.
    public init(path: String, contents: [UInt8]) {
        self.path = path
        self.contents = contents
    }

    /// Reads the file as a pipeline.
    /// - Parameters:
    ///   - registry: the stage types there are.
    ///   - environment: values of variables.
    ///   - overrides: those of the command line, in order; one for another pipeline has no effect.
    /// - Returns: the definition.
    /// - Throws: ``DefinitionMistakes``, all at once.
    public func definition(
        registry: StageRegistry, environment: [String: VariableValue] = [:], overrides: [SettingOverride] = []
    ) throws(DefinitionMistakes) -> PipelineDefinition {
        let outcome = judge(registry, environment, overrides)
        guard let definition = outcome.definition else { throw DefinitionMistakes(outcome.mistakes) }
        return definition
    }

    /// Reads several files that are to run side by side, and checks them against one another.
    /// - Parameters:
    ///   - paths: the files, in the order of the command line.
    ///   - registry: the stage types there are.
    ///   - environment: values of variables.
    ///   - overrides: those of the command line, in order.
    /// - Returns: a definition for each file.
    /// - Throws: ``DefinitionMistakes``: of all files, files that cannot be read included, and of overrides for a
    ///   pipeline that is in none of them.
    public static func definitions(
        of paths: [String], registry: StageRegistry, environment: [String: VariableValue],
        overrides: [SettingOverride] = []
    ) throws(DefinitionMistakes) -> [PipelineDefinition] {
        var mistakes: [DefinitionMistake] = []
        var definitions: [PipelineDefinition] = []
        var names: [String] = []
        for path in paths {
            do throws(DefinitionMistakes) {
                let outcome = try PipelineFile(path: path, contents: FileContents.bytes(of: path)).judge(
                    registry, environment, overrides)
                mistakes += outcome.mistakes
                if let definition = outcome.definition { definitions.append(definition) }
                if let name = outcome.name { names.append(name) }
            } catch {
                mistakes += error.all
            }
        }
        // With a file that does not tell its name, any override may be for it.
        if names.count == paths.count {
            for override in overrides where !names.contains(where: override.concerns) {
                mistakes.append(override.unknownPipeline(among: names))
            }
        }
        mistakes += PipelineDefinition.conflicts(among: definitions)
        guard mistakes.isEmpty else { throw DefinitionMistakes(mistakes) }
        return definitions
    }

    private struct Outcome {
        /// The pipeline's name in the file, as overrides mean it; nil if it could not be told.
        var name: String?
        /// nil if there is any mistake.
        var definition: PipelineDefinition?
        var mistakes: [DefinitionMistake]
    }

    private func judge(
        _ registry: StageRegistry, _ environment: [String: VariableValue], _ overrides: [SettingOverride]
    ) -> Outcome {
        let read = DocumentReader.read(contents, file: path)
        guard let document = read.root else { return Outcome(mistakes: read.mistakes) }
        var root = VariableResolution(environment: environment).resolved(document, at: .root)
        var outcome = Outcome(
            name: root["name"].map(\.text) ?? PipelineSettings.name(ofFile: path), mistakes: read.mistakes)
        let application = OverrideApplication(registry: registry)
        for override in overrides where outcome.name.map(override.concerns) ?? (override.pipeline == nil) {
            if let mistake = application.apply(override, to: &root) { outcome.mistakes.append(mistake) }
        }
        outcome.mistakes += VariableResolution.mistakes(in: root)
        var validation = PipelineValidation(file: path, registry: registry)
        outcome.definition = validation.definition(of: root)
        outcome.mistakes += validation.reader.mistakes
        outcome.mistakes += outcome.definition.map { PipelineDefinition.conflicts(among: [$0]) } ?? []
        if !outcome.mistakes.isEmpty { outcome.definition = nil }
        return outcome
    }
}
