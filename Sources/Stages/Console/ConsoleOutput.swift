internal import FoundationEssentials

/// Where the console writes: standard output, or what a test gives.
protocol ConsoleOutput: Sendable {
    /// Whether a person looks at it.
    var isTerminal: Bool { get }

    /// Writes all bytes, waiting for room as long as `isWanted` says so.
    func write(_ bytes: [UInt8], isWanted: () -> Bool) throws(Descriptor.WriteFailure)
}

/// The process's standard output.
struct StandardOutput: ConsoleOutput {
    let isTerminal: Bool
    private let isRegular: Bool

    /// Looks at what standard output is; opens nothing.
    init() {
        isTerminal = Descriptor.standardOutput.isTerminal
        isRegular = Descriptor.standardOutput.kind == .regular
    }

    func write(_ bytes: [UInt8], isWanted: () -> Bool) throws(Descriptor.WriteFailure) {
        // On a terminal a progress line may stand where this begins; it is erased, and drawn anew below.
        let bytes = isTerminal ? Self.lineErasure + bytes : bytes
        try Descriptor.standardOutput.write(bytes, isRegular: isRegular, isWanted: isWanted)
    }

    private static let lineErasure = Array("\r\u{1B}[K".utf8)

    /// Whether the environment asks for no colour (no-color.org) or names a terminal that has none.
    static var refusesColor: Bool {
        let environment = ProcessInfo.processInfo.environment
        return environment["NO_COLOR"]?.isEmpty == false || environment["TERM"] == "dumb"
    }
}
