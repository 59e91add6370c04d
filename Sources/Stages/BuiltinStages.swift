public import Pipeline

/// The stages that ship.
public enum BuiltinStages {
    /// All definitions, sources first, in the order `runner stages` lists them.
    public static let definitions: [StageDefinition] = []
}
