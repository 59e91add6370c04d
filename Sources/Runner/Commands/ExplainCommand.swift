import Pipeline

/// `runner explain FILE…`
struct ExplainCommand {
    let loading: DefinitionLoading

    /// - Returns: every setting in force of the files, all of which are good, and where it came from.
    /// - Throws: `DefinitionMistakes`, as `check` does.
    func text(_ options: ExplainOptions) throws(DefinitionMistakes) -> String {
        let definitions = try loading.definitions(options.files)
        return options.format == .json ? ExplanationJSON.text(definitions) : ExplanationText.text(definitions)
    }
}
