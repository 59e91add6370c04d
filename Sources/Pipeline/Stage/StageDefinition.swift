/// The three kinds of stage.
public enum StageKind: String, Sendable, Hashable {
    /// Stands first and makes or reads batches.
    case source
    /// Stands between source and sinks.
    case transform
    /// Stands last and holds batches durably.
    case sink
}

/// A stage made from its settings.
public enum AnyStage: Sendable {
    /// A source.
    case source(any Source)
    /// A transform.
    case transform(any Transform)
    /// A sink.
    case sink(any Sink)
}

/// What a settings problem is about.
public struct SettingProblem: Sendable, Hashable {
    /// The setting's name, or nil for the stage as a whole.
    public var setting: String?
    /// What is wrong and what is allowed.
    public var message: String

    /// Makes a problem.
    /// - Parameters:
    ///   - setting: the setting's name, or nil for the stage.
    ///   - message: what is wrong and what is allowed.
    public init(setting: String?, message: String) {
        self.setting = setting
        self.message = message
    }
}

/// The declaration of a stage type: all that the pipeline file, `runner stages`, the schema and the registry know of
/// it.
public struct StageDefinition: Sendable {
    /// What the rest of the pipeline must know of a configured stage before anything is opened.
    public struct Traits: Sendable, Hashable {
        /// A sink that keeps positions itself.
        public var ownsPositions: Bool
        /// A sink that owns positions and behind a group commits the group's instead. No other owner can stand there.
        public var commitsForGroups: Bool
        /// A source whose positions a group keeps.
        public var isGroupMember: Bool
        /// A sink that can be named by `dead_letters`.
        public var takesDeadLetters: Bool
        /// A sink that writes nothing else, and so must be named there.
        public var takesOnlyDeadLetters: Bool
        /// A file or address that only one pipeline may write, in a form that two pipelines can compare.
        public var exclusiveResource: String?
        /// Whether the runtime waits for the sink's acknowledgement. False for best effort.
        public var isRequired: Bool
        /// Which of several like pipelines a source feeds; what derives names of its own from the pipeline's takes it in.
        public var shard: Int32
        /// Whether a later run of the source can give again what a crash has lost. False for standard input.
        public var isReplayable: Bool
        /// A sink that promises nothing behind a source whose records are lost in a crash.
        public var needsReplay: Bool

        /// Makes traits; each has its plain value unless said.
        /// - Parameters:
        ///   - ownsPositions: a sink that keeps positions itself.
        ///   - commitsForGroups: a sink that owns positions and behind a group commits the group's.
        ///   - isGroupMember: a source whose positions a group keeps.
        ///   - takesDeadLetters: a sink that can be named by `dead_letters`.
        ///   - takesOnlyDeadLetters: a sink that writes nothing else.
        ///   - exclusiveResource: what only one pipeline may write.
        ///   - isRequired: whether the runtime waits for the sink's acknowledgement.
        ///   - shard: which of several like pipelines a source feeds.
        ///   - isReplayable: whether a later run of the source can give again what a crash has lost.
        ///   - needsReplay: a sink that needs such a source.
        public init(
            ownsPositions: Bool = false, commitsForGroups: Bool = false, isGroupMember: Bool = false,
            takesDeadLetters: Bool = false, takesOnlyDeadLetters: Bool = false, exclusiveResource: String? = nil,
            isRequired: Bool = true, shard: Int32 = 0, isReplayable: Bool = true, needsReplay: Bool = false
        ) {
            self.ownsPositions = ownsPositions
            self.commitsForGroups = commitsForGroups
            self.isGroupMember = isGroupMember
            self.takesDeadLetters = takesDeadLetters
            self.takesOnlyDeadLetters = takesOnlyDeadLetters
            self.exclusiveResource = exclusiveResource
            self.isRequired = isRequired
            self.shard = shard
            self.isReplayable = isReplayable
            self.needsReplay = needsReplay
        }
    }

    /// The word for `type` in the pipeline file: a noun.
    public let type: String
    /// The kind of stage.
    public let kind: StageKind
    /// One sentence.
    public let summary: String
    /// The settings, in the order of the documentation.
    public let settings: [any AnySetting]
    /// A stage object as it would stand in a pipeline file (JSON).
    public let example: String
    /// Traits of a stage with these settings.
    public let traits: @Sendable (SettingValues) -> Traits
    /// What is wrong with settings that are each right by themselves.
    public let problems: @Sendable (SettingValues) -> [SettingProblem]
    /// Makes the stage; opens nothing.
    public let make: @Sendable (_ name: String, _ values: SettingValues) throws -> AnyStage

    /// Declares a stage type.
    /// - Parameters:
    ///   - kind: the kind.
    ///   - type: the word for `type`.
    ///   - summary: one sentence.
    ///   - settings: the settings.
    ///   - example: a stage object in JSON.
    ///   - traits: traits of a stage with given settings.
    ///   - problems: mistakes across settings.
    ///   - make: makes the stage and opens nothing; gets its name in the pipeline.
    public init(
        _ kind: StageKind, _ type: String, summary: String, settings: [any AnySetting], example: String,
        traits: @escaping @Sendable (SettingValues) -> Traits = { _ in Traits() },
        problems: @escaping @Sendable (SettingValues) -> [SettingProblem] = { _ in [] },
        make: @escaping @Sendable (_ name: String, _ values: SettingValues) throws -> AnyStage
    ) {
        self.kind = kind
        self.type = type
        self.summary = summary
        self.settings = settings
        self.example = example
        self.traits = traits
        self.problems = problems
        self.make = make
    }
}
