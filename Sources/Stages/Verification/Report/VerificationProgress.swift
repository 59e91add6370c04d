internal import Pipeline

/// How far a verification is.
public struct VerificationProgress: Sendable, Hashable {
    /// The proof that is under way.
    public var kind: ProofReport.Kind
    /// The archive that is read.
    public var archive: String
    /// Rows or records looked at so far.
    public var done: Int
    /// How many there will be, as far as the archive says.
    public var total: Int
}

/// Tells how many rows or records of one archive a proof has looked at.
typealias ProofProgress = (_ done: Int) throws(PipelineError) -> Void
