/// What went wrong, where, why, and what to do. Never contains a secret or a record's bytes.
public struct PipelineError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of an error, which decides the runner's exit code.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// A command line that cannot be understood (64).
        case usage
        /// A record no retry can help, and no sink for dead letters (65).
        case badData = "bad-data"
        /// A server that was never reached within its time (69).
        case unavailable
        /// A fault of our own, such as a ledger that does not balance (70).
        case internalFault = "internal"
        /// An output that cannot be made (73).
        case cannotCreate = "cannot-create"
        /// An output or input that failed (74).
        case inputOutput = "input-output"
        /// Stopped with records given up (75).
        case givenUp = "given-up"
        /// Another process has taken over (76).
        case fenced
        /// A pipeline file or setting that is wrong (78).
        case configuration
    }

    /// The kind.
    public let code: Code
    /// What could not be done.
    public let what: String
    /// Where: a stage, a place in a file, or topic-partition-offset. The runtime fills in the stage's name if nil.
    public var place: String?
    /// Why, as far as known.
    public let reason: String
    /// What a person can do about it.
    public let remedy: String?
    /// Whether the same attempt may succeed later. The runtime reopens a sink after a retriable error.
    public let isRetriable: Bool

    /// Makes an error.
    /// - Parameters:
    ///   - code: the kind.
    ///   - what: what could not be done.
    ///   - place: where; nil lets the runtime name the stage.
    ///   - reason: why.
    ///   - remedy: what to do about it.
    ///   - isRetriable: whether the same attempt may succeed later.
    public init(
        _ code: Code, _ what: String, place: String? = nil, reason: String, remedy: String? = nil,
        isRetriable: Bool = false
    ) {
        self.code = code
        self.what = what
        self.place = place
        self.reason = reason
        self.remedy = remedy
        self.isRetriable = isRetriable
    }

    /// One line: what, where, why, what to do.
    public var description: String {
        var text = place.map { "\($0): \(what)" } ?? what
        text += ": \(reason)"
        if let remedy { text += ". \(remedy)" }
        return text
    }
}
