import FoundationEssentials
import Pipeline

/// Reads the pipeline files of a command line, with its variables and overrides.
struct DefinitionLoading {
    let registry: StageRegistry
    /// The process's environment.
    let environment: [String: String]

    /// - Parameters:
    ///   - options: files, overrides, environment files.
    ///   - extra: variables that win over all others.
    /// - Throws: `DefinitionMistakes`, those of overrides, environment files and pipeline files together.
    func definitions(
        _ options: FileOptions, extra: [String: String] = [:]
    ) throws(DefinitionMistakes) -> [PipelineDefinition] {
        var mistakes: [DefinitionMistake] = []
        var variables: [String: VariableValue] = [:]
        for path in options.environmentFiles {
            do throws(DefinitionMistakes) {
                let contents = try FileContents.bytes(of: path)
                variables.merge(try EnvironmentFile.variables(contents, file: path)) { $1 }
            } catch {
                mistakes += error.all
            }
        }
        variables.merge(environment.mapValues { VariableValue($0) }) { $1 }
        variables.merge(extra.mapValues { VariableValue($0) }) { $1 }
        var overrides: [SettingOverride] = []
        for (index, argument) in options.overrides.enumerated() {
            do throws(DefinitionMistakes) {
                overrides.append(try SettingOverride(argument, number: index + 1))
            } catch {
                mistakes += error.all
            }
        }
        var definitions: [PipelineDefinition] = []
        do throws(DefinitionMistakes) {
            definitions = try PipelineFile.definitions(
                of: options.files.map(FileLocation.resolve), registry: registry, environment: variables,
                overrides: overrides)
        } catch {
            mistakes += error.all
        }
        guard mistakes.isEmpty else { throw DefinitionMistakes(mistakes) }
        return definitions
    }
}
