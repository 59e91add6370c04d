/// Why a program that drives others cannot go on.
package struct DriverFailure: Error, CustomStringConvertible {
    /// What failed.
    package let what: String
    /// Why.
    package let reason: String

    /// Makes a failure.
    /// - Parameters:
    ///   - what: what failed.
    ///   - reason: why.
    package init(_ what: String, reason: String) {
        self.what = what
        self.reason = reason
    }

    /// One line.
    package var description: String { "\(what): \(reason)" }
}
