import Pipeline

/// Pipeline files of the example stages.
enum ExampleFile {
    /// Reads a pipeline file with the example stages.
    static func read(
        _ text: String, environment: [String: String] = [:], set: [String] = [], path: String = "test.json"
    ) throws -> PipelineDefinition {
        let overrides = try set.enumerated().map { try SettingOverride($1, number: $0 + 1) }
        return try PipelineFile(path: path, contents: Array(text.utf8)).definition(
            registry: ExampleStages.registry, environment: environment, overrides: overrides)
    }

    /// The mistakes of a pipeline file, a line each; empty if it is right.
    static func mistakes(_ text: String, environment: [String: String] = [:], set: [String] = []) -> [String] {
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

    /// Numbers that look random and are the same at every run.
    struct SplitMix: RandomNumberGenerator {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }
}
