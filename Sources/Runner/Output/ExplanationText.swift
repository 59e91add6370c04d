import Pipeline

/// Every setting in force, for people: a block for the pipeline and one for each stage. The first column is what `--set`
/// takes.
enum ExplanationText {
    /// A value longer than this does not push the origins of all others aside.
    private static let widestValue = 32

    static func text(_ definitions: [PipelineDefinition]) -> String {
        definitions.flatMap { definition in
            // With several pipelines a path means the one it belongs to.
            let pipeline = definitions.count > 1 ? "\(definition.name):" : ""
            return [block("\(definition.name), \(definition.file)", definition.settings, prefix: pipeline)]
                + definition.stages.map {
                    block("\($0.kind.rawValue) \($0.name)", $0.settings, prefix: "\(pipeline)\($0.overridePath).")
                }
        }.joined(separator: "\n")
    }

    private static func block(_ title: String, _ settings: [EffectiveSetting], prefix: String) -> String {
        // A name in a map, a value or a file's name may hold what a terminal takes for a command.
        let rows = settings.map { [prefix + $0.name, $0.text, $0.origin.summary].map(TerminalText.string) }
        let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            "  \(pad(row[0], to: widths[0]))  \(pad(row[1], to: min(widths[1], widestValue)))  \(row[2])\n"
        }
        return "\(TerminalText.string(title))\n\(lines.joined())"
    }

    private static func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
