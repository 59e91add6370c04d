import Pipeline
import Stages

/// What a verification found, for people.
enum VerificationText {
    static func text(_ report: VerificationReport) -> String {
        var lines: [String] = []
        var archives: [String] = []
        for proof in report.proofs {
            let verdict = proof.isProven ? "proven" : "\(proof.differences.grouped) \(noun(proof.differences))"
            if proof.archives != archives { lines.append(proof.archives.joined(separator: ", ")) }
            archives = proof.archives
            lines.append("  \(title(proof.kind)): \(verdict): \(proof.summary)")
            lines += proof.findings.map { "    \($0.place): \($0.difference)" }
            let further = proof.differences - proof.findings.count
            if further > 0 { lines.append("    and \(further.grouped) more") }
            lines += proof.notes.map { "    note: \($0)" }
        }
        return lines.map(TerminalText.string).joined(separator: "\n") + "\n"
    }

    /// The live line.
    static func line(_ progress: VerificationProgress, rate: Double) -> String {
        "\(progress.kind.rawValue) · \(progress.done.grouped) of \(progress.total.grouped) · \(Figures.rate(rate))/s"
    }

    private static func title(_ kind: ProofReport.Kind) -> String {
        switch kind {
        case .internal: "internal (the file by itself)"
        case .stream: "stream (made again)"
        case .kafka: "kafka (the log read again)"
        }
    }

    private static func noun(_ count: Int) -> String { count == 1 ? "difference" : "differences" }
}
