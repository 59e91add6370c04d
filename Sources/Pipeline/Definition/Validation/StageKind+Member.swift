extension StageKind {
    /// All kinds, in the order of the way of the data.
    static let inOrder: [StageKind] = [.source, .transform, .sink]

    /// The member of the pipeline file under which such a stage stands.
    var member: String {
        switch self {
        case .source: "source"
        case .transform: "stages"
        case .sink: "sinks"
        }
    }
}
