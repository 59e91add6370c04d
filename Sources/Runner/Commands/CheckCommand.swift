import Pipeline

/// `runner check FILE…`
struct CheckCommand {
    let loading: DefinitionLoading

    /// - Returns: what to print for the files, all of which are good.
    /// - Throws: `DefinitionMistakes`, ``PipelineError`` for what this build cannot do.
    func text(_ options: FileOptions) throws -> String {
        let definitions = try loading.definitions(options)
        try Probes.check(definitions)
        return definitions.map { definition in
            let way =
                ([definition.source] + definition.transforms).map(\.name) + [
                    definition.sinks.map(\.name).joined(separator: " + ")
                ]
            return "\(definition.file): good: \(definition.name): \(way.joined(separator: " → "))\n"
        }.joined()
    }
}
