import Pipeline
import Stages

/// What a verification found, as one JSON object.
enum VerificationJSON {
    static func text(_ report: VerificationReport) -> String {
        let proofs = report.proofs.map { "\n    " + proof($0) }.joined(separator: ",")
        return "{\n  \"proven\": \(report.isProven),\n  \"proofs\": [\(proofs)\n  ]\n}"
    }

    private static func proof(_ proof: ProofReport) -> String {
        let findings = proof.findings.map {
            "{\"place\":\(JSONText.string($0.place)),\"difference\":\(JSONText.string($0.difference))}"
        }
        var members = [
            "\"proof\":\(JSONText.string(proof.kind.rawValue))", "\"archives\":\(list(proof.archives))",
            "\"proven\":\(proof.isProven)", "\"differences\":\(proof.differences)",
        ]
        members += proof.facts.map { "\(JSONText.string($0.name)):\(JSONText.value($0.value))" }
        members.append("\"first_differences\":[\(findings.joined(separator: ","))]")
        members.append("\"notes\":\(list(proof.notes))")
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func list(_ texts: [String]) -> String {
        "[" + texts.map(JSONText.string).joined(separator: ",") + "]"
    }
}
