import Driving

/// Something that is measured, by itself or beside the least that others take for it.
protocol Benchmark: Sendable {
    /// The word for it on the command line and in the document.
    var name: String { get }
    /// What it measures, in half a sentence.
    var summary: String { get }
    /// Whether it reads or writes topics.
    var needsBroker: Bool { get }

    /// Measures.
    /// - Throws: ``DriverFailure`` when a run failed or did other work than it should.
    func run(in surroundings: Surroundings) throws -> BenchmarkResult
}

extension Benchmark {
    /// Most do without.
    var needsBroker: Bool { false }
}
