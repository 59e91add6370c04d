/// What is run at two lengths, so that its start and its end cancel out.
enum MeasuredProgram: Sendable {
    /// The runner, with a file from the repository's folder.
    case pipeline(String)
    /// A probe that takes the number of records, batches for the channel, and then these.
    case probe(Probe, [Int])
}
