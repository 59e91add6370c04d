public import Pipeline

/// What a verification found: one entry for each proof, in the order they were given.
public struct VerificationReport: Sendable, Hashable {
    /// The proofs.
    public var proofs: [ProofReport]

    /// Whether every proof holds.
    public var isProven: Bool { proofs.allSatisfy(\.isProven) }
}

/// What one proof says.
public struct ProofReport: Sendable, Hashable {
    /// What was compared with what.
    public enum Kind: String, Sendable, CaseIterable {
        /// The archive with itself.
        case `internal`
        /// The rows with the records of a generator's stream, made again.
        case stream
        /// The rows with the records of Kafka's log, read again.
        case kafka
    }

    /// The kind of proof.
    public var kind: Kind
    /// The archives it is about.
    public var archives: [String]
    /// What was looked at and holds, in words; where there are differences, what was looked at.
    public var summary: String
    /// The same as figures, for programs.
    public var facts: [Measurement]
    /// What a reader should know: what was not compared, which holes there are.
    public var notes: [String]
    /// How many differences there are.
    public var differences: Int
    /// The first of them.
    public var findings: [Finding]

    /// Whether there is no difference.
    public var isProven: Bool { differences == 0 }

    init(
        _ kind: Kind, archives: [String], summary: String, facts: [Measurement], notes: [String] = [],
        findings: Findings
    ) {
        self.kind = kind
        self.archives = archives
        self.summary = summary
        self.facts = facts
        self.notes = notes
        differences = findings.count
        self.findings = findings.first
    }
}
