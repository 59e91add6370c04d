import Driving

/// One of the programs that are compared.
struct Contestant {
    /// As the table shows it, in Markdown.
    var name: String
    /// Runs it once, on everything fresh.
    var run: () throws -> Sample

    init(_ name: String, run: @escaping () throws -> Sample) {
        self.name = name
        self.run = run
    }
}

/// The counted samples of one contestant, in order.
struct Series: Sendable, Codable, Hashable {
    /// As the table shows it.
    var name: String
    /// One a round.
    var samples: [Sample]

    /// The spread of one figure.
    func spread(_ figure: (Sample) -> Double) -> Spread {
        Spread(samples.map(figure))
    }
}

/// Runs contestants in turn: A B A B …
///
/// The first round is thrown away: it warms the broker's code, the page cache and the disk for all that follow.
struct Alternation {
    /// Rounds that count.
    var rounds: Int
    /// Hears of each run.
    var progress: (String) -> Void

    /// - Returns: a series for each contestant, all of `rounds` samples.
    /// - Throws: what a contestant throws; half a comparison says nothing.
    func run(_ contestants: [Contestant]) throws -> [Series] {
        var series = contestants.map { Series(name: $0.name, samples: []) }
        for round in 0...rounds {
            for (index, contestant) in contestants.enumerated() {
                let sample = try MachineLag.watching(progress: progress) { try contestant.run() }.result
                progress(
                    (round == 0 ? "warm-up" : "\(round)/\(rounds)")
                        + " \(contestant.name): \(Figures.count(sample.rate)) records/s, "
                        + "\(Figures.significant(sample.cpuPerRecord)) µs of CPU a record, "
                        + "\(Figures.mebibytes(sample.peakResident))")
                if round > 0 { series[index].samples.append(sample) }
            }
        }
        return series
    }
}
