/// A stage with the name and type it has in the pipeline.
public struct NamedStage<Contract: Sendable>: Sendable {
    /// The name, unique in the pipeline.
    public let name: String
    /// The word for `type` in the file.
    public let type: String
    /// The stage, not opened yet.
    public let stage: Contract

    /// Names a stage.
    public init(name: String, type: String, stage: Contract) {
        self.name = name
        self.type = type
        self.stage = stage
    }
}

/// The stages of one pipeline with all that concerns the whole: what a pipeline file comes to, and what a program
/// without a file hands to the runtime.
public struct PipelineParts: Sendable {
    /// A sink and how the pipeline treats it.
    public struct SinkPart: Sendable {
        /// The sink.
        public let sink: NamedStage<any Sink>
        /// Whether its acknowledgement is waited for.
        public let isRequired: Bool

        /// Makes a part.
        public init(_ sink: NamedStage<any Sink>, isRequired: Bool = true) {
            self.sink = sink
            self.isRequired = isRequired
        }
    }

    /// The pipeline's name.
    public var name: String
    /// The source.
    public var source: NamedStage<any Source>
    /// The transforms in order.
    public var transforms: [NamedStage<any Transform>]
    /// The sinks; at least one.
    public var sinks: [SinkPart]
    /// Name of the sink that keeps dead letters, or nil.
    public var deadLetters: String?
    /// Share of dead records within a minute above which the run stops (0 to 1): a wrong schema, not bad records.
    public var deadShareLimit: Double
    /// Bytes that batches on their way may hold, all channels and unacknowledged batches together.
    public var memory: Int
    /// How long draining may take after a stop.
    public var drainTimeout: Duration
    /// Which of several like pipelines this is: the source's shard.
    public var shard: Int32

    /// Puts parts together.
    public init(
        name: String, source: NamedStage<any Source>, transforms: [NamedStage<any Transform>] = [],
        sinks: [SinkPart], deadLetters: String? = nil, deadShareLimit: Double = 0.5, memory: Int = 64 << 20,
        drainTimeout: Duration = .seconds(30), shard: Int32 = 0
    ) {
        self.name = name
        self.source = source
        self.transforms = transforms
        self.sinks = sinks
        self.deadLetters = deadLetters
        self.deadShareLimit = deadShareLimit
        self.memory = memory
        self.drainTimeout = drainTimeout
        self.shard = shard
    }
}
