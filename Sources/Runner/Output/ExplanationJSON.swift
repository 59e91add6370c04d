import Pipeline

/// Every setting in force, for programs: one object, whose form does not depend on how many files there are.
enum ExplanationJSON {
    static func text(_ definitions: [PipelineDefinition]) -> String {
        "{\"pipelines\": [\(definitions.map(pipeline).joined(separator: ", "))]}\n"
    }

    private static func pipeline(_ definition: PipelineDefinition) -> String {
        let stages = definition.stages.map { stage in
            "\n    "
                + object([
                    ("name", JSONText.string(stage.name)), ("type", JSONText.string(stage.type)),
                    ("kind", JSONText.string(stage.kind.rawValue)),
                    ("settings", settings(stage.settings, prefix: stage.overridePath + ".", indent: "\n      ")),
                ])
        }
        return "{\n  "
            + [
                ("pipeline", JSONText.string(definition.name)), ("file", JSONText.string(definition.file)),
                ("settings", settings(definition.settings, prefix: "", indent: "\n    ")),
                ("stages", "[\(stages.joined(separator: ","))]"),
            ].map(member).joined(separator: ",\n  ") + "\n}"
    }

    private static func settings(_ settings: [EffectiveSetting], prefix: String, indent: String) -> String {
        let texts = settings.map { setting in
            indent
                + object([
                    ("path", JSONText.string(prefix + setting.name)),
                    ("value", setting.isHidden ? "null" : setting.value.fileText), ("secret", "\(setting.isSecret)"),
                    ("origin", origin(setting.origin)),
                ])
        }
        return "[\(texts.joined(separator: ","))]"
    }

    private static func origin(_ origin: SettingOrigin) -> String {
        switch origin {
        case .standard: object([("from", "\"default\"")])
        case .file(let place): object([("from", "\"file\"")] + members(place))
        case .override(let number): object([("from", "\"--set\""), ("number", "\(number)")])
        case .variables(let uses, let place):
            object(
                [("from", "\"variables\"")] + members(place) + [
                    ("variables", "[\(uses.map(use).joined(separator: ", "))]")
                ])
        }
    }

    private static func use(_ use: SettingOrigin.VariableUse) -> String {
        let giver =
            switch use.giver {
            case .environment: [("from", "\"environment\"")]
            case .standard: [("from", "\"default\"")]
            case .file(let line): [("from", "\"--env-file\"")] + members(line)
            }
        return object([("name", JSONText.string(use.name))] + giver)
    }

    private static func members(_ place: Place) -> [(String, String)] {
        [("file", JSONText.string(place.document))]
            + [("line", place.line), ("column", place.column)].compactMap { name, number in
                number.map { (name, "\($0)") }
            }
    }

    private static func object(_ members: [(String, String)]) -> String {
        "{\(members.map(member).joined(separator: ", "))}"
    }

    private static func member(_ name: String, _ value: String) -> String {
        "\"\(name)\": \(value)"
    }
}
