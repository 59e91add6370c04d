/// Why a benchmark gave no figures.
struct BenchmarkFailure: Error, CustomStringConvertible {
    /// What failed.
    let what: String
    /// Why.
    let reason: String

    init(_ what: String, reason: String) {
        self.what = what
        self.reason = reason
    }

    var description: String { "\(what): \(reason)" }
}
