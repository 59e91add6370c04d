extension PipelineDefinition {
    /// What keeps definitions from running in one process: two of one name, or two stages on one exclusive resource.
    /// - Parameter definitions: in the order of the command line; one is allowed.
    /// - Returns: a mistake for each that meets an earlier one.
    public static func conflicts(among definitions: [PipelineDefinition]) -> [DefinitionMistake] {
        var mistakes: [DefinitionMistake] = []
        var names: [String: Place] = [:]
        var resources: [String: String] = [:]
        for definition in definitions {
            if let first = names[definition.name] {
                mistakes.append(
                    DefinitionMistake(
                        at: definition.namePlace, path: .root.member("name"), "two pipelines of one name",
                        found: "\(QuotedText.quoted(definition.name)), the name of the pipeline at \(first) too",
                        allowed: "a \"name\" of its own for one of them"))
            } else {
                names[definition.name] = definition.namePlace
            }
            for (stage, path) in definition.stagesWithPaths {
                guard let resource = stage.traits.exclusiveResource else { continue }
                if let first = resources[resource] {
                    mistakes.append(
                        DefinitionMistake(
                            at: stage.place, path: path, "two stages on one resource",
                            found: "\(QuotedText.quoted(resource)), which \(first) has too",
                            allowed: "one stage that writes it"))
                } else {
                    resources[resource] = "\"\(stage.name)\" of \"\(definition.name)\" (\(stage.place))"
                }
            }
        }
        return mistakes
    }

    private var stagesWithPaths: [(Stage, DocumentPath)] {
        let root = DocumentPath.root
        return [(source, root.member("source"))]
            + transforms.enumerated().map { ($1, root.member("stages").element($0)) }
            + sinks.enumerated().map { ($1, root.member("sinks").element($0)) }
    }
}
