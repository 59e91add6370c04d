/// A place for log lines: a level, words, and details by name. A value; copies write to the same place.
public struct Log: Sendable {
    /// How serious a line is.
    public enum Level: Int, Sendable, Comparable, CaseIterable {
        /// For finding a fault.
        case debug
        /// What a person running it wants to know.
        case info
        /// Something that may become a fault.
        case warning
        /// Something failed.
        case error

        /// Orders by seriousness.
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// One line.
    public struct Entry: Sendable, Hashable {
        /// How serious.
        public var level: Level
        /// Which pipeline and stage speak, as `pipeline/stage`; empty for the runner itself.
        public var origin: String
        /// What happened.
        public var message: String
        /// Details by name, in the order given.
        public var details: [Detail]

        /// Makes a line.
        public init(level: Level, origin: String, message: String, details: [Detail]) {
            self.level = level
            self.origin = origin
            self.message = message
            self.details = details
        }
    }

    /// A detail of a line.
    public struct Detail: Sendable, Hashable {
        /// The name, lower case.
        public var name: String
        /// The value as text.
        public var value: String

        /// Makes a detail.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    private let origin: String
    private let output: @Sendable (Entry) -> Void

    /// Makes a log.
    /// - Parameters:
    ///   - origin: who speaks.
    ///   - output: gets every line, from any thread; must not block for long.
    public init(origin: String = "", output: @escaping @Sendable (Entry) -> Void) {
        self.origin = origin
        self.output = output
    }

    /// A log that keeps nothing.
    public static let none = Log { _ in }

    /// The same log for a part of the whole.
    /// - Parameter name: the part's name.
    public func child(_ name: String) -> Log {
        Log(origin: origin.isEmpty ? name : "\(origin)/\(name)", output: output)
    }

    /// Writes a line for finding a fault.
    public func debug(_ message: String, _ details: Detail...) {
        output(Entry(level: .debug, origin: origin, message: message, details: details))
    }

    /// Writes a line for people.
    public func info(_ message: String, _ details: Detail...) {
        output(Entry(level: .info, origin: origin, message: message, details: details))
    }

    /// Writes a line about what may become a fault.
    public func warning(_ message: String, _ details: Detail...) {
        output(Entry(level: .warning, origin: origin, message: message, details: details))
    }

    /// Writes a line about a failure.
    public func error(_ message: String, _ details: Detail...) {
        output(Entry(level: .error, origin: origin, message: message, details: details))
    }
}
