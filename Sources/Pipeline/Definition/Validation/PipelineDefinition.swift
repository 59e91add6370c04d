/// A pipeline file after validation: what will run, with every setting in force and where it came from. Nothing is
/// opened yet.
public struct PipelineDefinition: Sendable {
    /// One stage.
    public struct Stage: Sendable {
        /// The name, unique in the pipeline.
        public let name: String
        /// The declaration of its type.
        public let definition: StageDefinition
        /// Its settings, valid.
        public let values: SettingValues
        /// What the rest of the pipeline must know of it.
        public let traits: StageDefinition.Traits
        /// Whether the runtime waits for the sink's acknowledgement; true for what is no sink.
        public let isRequired: Bool
        /// Every setting in force: its type and name, those of the declaration in their order, and whether a sink is
        /// waited for.
        public let settings: [EffectiveSetting]
        /// Where its type stands in the file.
        public let place: Place
        /// The JSONPath of its object.
        public let path: String

        /// The word for `type` in the file.
        public var type: String { definition.type }
        /// The kind of stage.
        public var kind: StageKind { definition.kind }
        /// The steps of an override's path that come before a setting's name: `source`, `stages.rate-gate`.
        public var overridePath: String {
            kind == .source ? kind.member : "\(kind.member).\(name)"
        }
    }

    /// The file as it was named.
    public let file: String
    /// The pipeline's name.
    public let name: String
    /// Where the name stands, or the beginning of the file.
    public let namePlace: Place
    /// The source.
    public let source: Stage
    /// The transforms in order.
    public let transforms: [Stage]
    /// The sinks; at least one.
    public let sinks: [Stage]
    /// Name of the sink that keeps dead letters, or nil.
    public let deadLetters: String?
    /// Share of dead records within a minute above which the run stops.
    public let deadShareLimit: Double
    /// Bytes that batches on their way may hold.
    public let memory: Int
    /// How long draining may take after a stop.
    public let drainTimeout: Duration
    /// Where it answers probes; nil for nowhere.
    public let http: HTTPSettings?
    /// The settings of the pipeline as a whole, in force.
    public let settings: [EffectiveSetting]

    /// All stages in the order of the way.
    public var stages: [Stage] { [source] + transforms + sinks }

    /// Makes the stages. Opens nothing.
    /// - Returns: what the runtime runs; new stages at each call.
    /// - Throws: ``PipelineError`` from a stage's `make`, its place filled in, or if a declaration made another kind of
    ///   stage than it says.
    public func assemble() throws(PipelineError) -> PipelineParts {
        var parts = PipelineParts(
            name: name, source: try named(source) { if case .source(let stage) = $0 { stage } else { nil } }, sinks: [],
            deadLetters: deadLetters, deadShareLimit: deadShareLimit, memory: memory, drainTimeout: drainTimeout,
            shard: source.traits.shard)
        for stage in transforms {
            parts.transforms.append(try named(stage) { if case .transform(let stage) = $0 { stage } else { nil } })
        }
        for stage in sinks {
            let sink = try named(stage) { if case .sink(let stage) = $0 { stage } else { nil } }
            parts.sinks.append(PipelineParts.SinkPart(sink, isRequired: stage.isRequired))
        }
        return parts
    }

    private func named<Made: Sendable>(
        _ stage: Stage, _ cast: (AnyStage) -> Made?
    ) throws(PipelineError) -> NamedStage<Made> {
        let what = "cannot make the stage \"\(stage.name)\""
        let made: AnyStage
        do {
            made = try stage.definition.make(stage.name, stage.values)
        } catch var error as PipelineError {
            error.place = error.place ?? "\(stage.place): \(stage.path)"
            throw error
        } catch {
            throw PipelineError(.configuration, what, place: "\(stage.place): \(stage.path)", reason: "\(error)")
        }
        guard let cast = cast(made) else {
            throw PipelineError(
                .internalFault, what, place: "\(stage.place): \(stage.path)",
                reason: "the declaration of \"\(stage.type)\" says \(stage.kind) and made something else")
        }
        return NamedStage(name: stage.name, type: stage.type, stage: cast)
    }
}
