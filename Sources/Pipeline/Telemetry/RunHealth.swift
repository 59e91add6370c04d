/// From what a probe judges whether a run does its work.
public struct RunHealth: Sendable {
    /// A stage that speaks with a server.
    public struct Connection: Sendable, Hashable {
        /// The stage's name.
        public var stage: String
        /// How long ago the server last answered; nil if it never has.
        public var silence: Duration?

        /// Makes a connection.
        public init(stage: String, silence: Duration?) {
            self.stage = stage
            self.silence = silence
        }
    }

    /// Whether every stage is open and none was told to stop.
    public var isRunning: Bool
    /// The stages that speak with a server.
    public var connections: [Connection]
    /// How long the oldest batch has waited for the acknowledgement of a sink that is waited for; nil if none does.
    public var oldestUnacknowledged: Duration?

    /// Makes facts.
    public init(isRunning: Bool, connections: [Connection], oldestUnacknowledged: Duration?) {
        self.isRunning = isRunning
        self.connections = connections
        self.oldestUnacknowledged = oldestUnacknowledged
    }
}

/// Whether and when the server that a stage speaks with has answered.
public enum ServerContact: Sendable, Hashable {
    /// The stage speaks with no server.
    case none
    /// It has not answered yet.
    case awaited
    /// It answered at this time on the scale of ``PipelineClock/now``.
    case answered(Duration)
}
