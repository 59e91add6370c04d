import Pipeline

/// `runner stages [TYPE]`: made from the stages' own declarations.
struct StagesCommand {
    let registry: StageRegistry

    /// - Throws: ``PipelineError`` with code usage for a type that does not exist.
    func text(type: String?) throws(PipelineError) -> String {
        guard let type else { return overview() }
        let definitions = registry.definitions.filter { $0.type == type }
        guard !definitions.isEmpty else {
            throw PipelineError(
                .usage, "there is no stage \"\(type)\"",
                reason: "known: \(Set(registry.definitions.map(\.type)).sorted().joined(separator: ", "))",
                remedy: "See runner stages")
        }
        return definitions.map(details).joined(separator: "\n")
    }

    private func overview() -> String {
        var text = ""
        let width = registry.definitions.map(\.type.count).max() ?? 0
        for (kind, title) in [
            (StageKind.source, "Sources (\"source\")"), (.transform, "Between them (\"stages\")"),
            (.sink, "Sinks (\"sinks\")"),
        ] {
            text += "\(title):\n"
            for definition in registry.definitions where definition.kind == kind {
                text += "  \(pad(definition.type, to: width))  \(definition.summary)\n"
            }
            text += "\n"
        }
        return text + "runner stages TYPE shows the settings of one.\n"
    }

    private func details(_ definition: StageDefinition) -> String {
        var text = "\(definition.type) (\(definition.kind.rawValue)): \(definition.summary)\n\n"
        let width = definition.settings.map(\.name.count).max() ?? 0
        for setting in definition.settings {
            let value = setting.defaultText.map { $0 == "\"\"" ? "not set" : $0 } ?? "must be given"
            text += "  \(pad(setting.name, to: width))  \(setting.summary)\n"
            text += "  \(pad("", to: width))  \(setting.form.allowed); default: \(value)\n"
        }
        return text + "\nExample:\n" + definition.example.split(separator: "\n").map { "  \($0)\n" }.joined()
    }

    private func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
