/// The stage types that a pipeline file may name: an explicit value, passed to whoever reads files.
public struct StageRegistry: Sendable {
    /// All definitions, in the order they were given.
    public let definitions: [StageDefinition]

    /// Makes a registry.
    /// - Parameter definitions: the definitions. `kafka` may stand once as a source and once as a sink.
    /// - Throws: ``PipelineError`` if two have the same type and kind.
    public init(_ definitions: [StageDefinition]) throws(PipelineError) {
        var seen: Set<String> = []
        for definition in definitions {
            guard seen.insert("\(definition.kind) \(definition.type)").inserted else {
                throw PipelineError(
                    .internalFault, "cannot register the \(definition.kind) \"\(definition.type)\"",
                    reason: "another stage of that kind has this type",
                    remedy: "Give one of them another type")
            }
        }
        self.definitions = definitions
    }

    /// Finds a definition. Linear in the number of stage types.
    /// - Parameters:
    ///   - type: the word in the file.
    ///   - kind: where it stands.
    /// - Returns: the definition, or nil.
    public func definition(_ type: String, _ kind: StageKind) -> StageDefinition? {
        definitions.first { $0.type == type && $0.kind == kind }
    }
}
