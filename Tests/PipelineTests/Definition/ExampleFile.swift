import Pipeline

/// Pipeline files of the example stages.
enum ExampleFile {
    /// Reads a pipeline file with the example stages.
    static func read(
        _ text: String, environment: [String: VariableValue] = [:], set: [String] = [], path: String = "test.json"
    ) throws -> PipelineDefinition {
        let overrides = try set.enumerated().map { try SettingOverride($1, number: $0 + 1) }
        return try PipelineFile(path: path, contents: Array(text.utf8)).definition(
            registry: ExampleStages.registry, environment: environment, overrides: overrides)
    }

    /// The mistakes of a pipeline file, a line each; empty if it is right.
    static func mistakes(_ text: String, environment: [String: VariableValue] = [:], set: [String] = []) -> [String] {
        do {
            _ = try read(text, environment: environment, set: set)
            return []
        } catch let error as DefinitionMistakes {
            return error.all.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    /// A right pipeline around a source, stages and sinks.
    static func pipeline(
        source: String = #"{ "type": "generator" }"#, stages: String = "", sinks: String = #"{ "type": "console" }"#,
        more: String = ""
    ) -> String {
        #"{ "version": 1,\#(more) "source": \#(source), "stages": [\#(stages)], "sinks": [\#(sinks)] }"#
    }
}
