import Foundation

/// A program to run and what it is told.
package struct Command: Sendable {
    /// Of this process's environment only these reach the program, so that no RATE or COUNT left in a terminal changes
    /// what is measured.
    private static let inherited = ["PATH", "HOME", "LD_LIBRARY_PATH", "JAVA_HOME", "TMPDIR", "LANG"]

    /// The program's path.
    package var program: String
    /// Its arguments, without its name.
    package var arguments: [String]
    /// Variables beside the inherited ones.
    package var variables: [String: String]

    /// Names a program.
    package init(_ program: String, _ arguments: [String] = [], variables: [String: String] = [:]) {
        self.program = program
        self.arguments = arguments
        self.variables = variables
    }

    /// The environment it runs in, as `NAME=VALUE`.
    package var environment: [String] {
        ProcessInfo.processInfo.environment.filter { Self.inherited.contains($0.key) }
            .merging(variables) { $1 }
            .map { "\($0.key)=\($0.value)" }
    }
}
