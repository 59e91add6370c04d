/// All mistakes that were found, in the order of their places. The runner ends with code 78; nothing was opened.
public struct DefinitionMistakes: Error, Sendable, Hashable, CustomStringConvertible {
    /// The mistakes; at least one.
    public let all: [DefinitionMistake]

    /// Puts mistakes in order: documents as they were first met, in each by line and column, overrides last.
    public init(_ mistakes: [DefinitionMistake]) {
        var documents: [String: Int] = [:]
        for mistake in mistakes where documents[mistake.place.document] == nil {
            documents[mistake.place.document] = documents.count
        }
        // A sort that keeps the order of equals, and an identical mistake only once.
        var seen: Set<DefinitionMistake> = []
        all = mistakes.filter { seen.insert($0).inserted }.enumerated().sorted { left, right in
            Self.key(left, documents).lexicographicallyPrecedes(Self.key(right, documents))
        }.map(\.element)
    }

    private static func key(_ entry: (offset: Int, element: DefinitionMistake), _ documents: [String: Int]) -> [Int] {
        let place = entry.element.place
        return [
            place.overrideNumber ?? 0, documents[place.document] ?? 0, place.line ?? 0, place.column ?? 0,
            entry.offset,
        ]
    }

    /// One mistake a line; after a hundred only how many more there are.
    public var description: String {
        var lines = all.prefix(Self.shown).map(\.description)
        if all.count > Self.shown { lines.append("and \(all.count - Self.shown) more") }
        return lines.joined(separator: "\n")
    }

    private static let shown = 100

    /// The same as one error, for callers that know only those.
    public var error: PipelineError {
        PipelineError(
            .configuration, "cannot use the pipeline definition",
            reason: all.count == 1 ? "it has a mistake" : "it has \(all.count) mistakes", remedy: description)
    }
}
