internal import Foundation

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
        try Descriptor.standardOutput.write(bytes, isRegular: isRegular, isWanted: isWanted)
    }

    /// Whether the environment asks for no colour (no-color.org) or names a terminal that has none.
    static var refusesColor: Bool {
        let environment = ProcessInfo.processInfo.environment
        return environment["NO_COLOR"]?.isEmpty == false || environment["TERM"] == "dumb"
    }
}
