import Pipeline

/// The final report as JSON.
enum ReportJSON {
    static func text(_ report: RunReport) -> String {
        var members = [
            member("pipeline", JSONText.string(report.pipeline)),
            member("outcome", JSONText.string(report.outcome.rawValue)),
            member("records", "\(report.records)"),
            member("records_per_second", JSONText.number(report.recordsPerSecond)),
            member("elapsed_seconds", JSONText.number(report.elapsed / .seconds(1), places: 6)),
            member("bytes", "\(report.bytes)"),
        ]
        for name in ["target_per_second", "schedule_lag_ms"] {
            if let value = report.measurement(name) { members.append(member(name, JSONText.value(value))) }
        }
        members.append(member("given_up", "\(report.givenUp)"))
        members.append(member("balanced", "\(report.isBalanced)"))
        if let error = report.error { members.append(member("error", self.error(error))) }
        let stages = report.stages.map { "\n    " + stage($0) }.joined(separator: ",")
        members.append(member("stages", "[\(stages)\n  ]"))
        return "{\n  " + members.joined(separator: ",\n  ") + "\n}"
    }

    private static func stage(_ stage: StageReport) -> String {
        let ledger = stage.ledger
        var members = [
            member("name", JSONText.string(stage.name)), member("type", JSONText.string(stage.type)),
            member("kind", JSONText.string(stage.kind.rawValue)), member("in", "\(ledger.in)"),
            member("out", "\(ledger.out)"), member("dropped", "\(ledger.dropped)"), member("dead", "\(ledger.dead)"),
            member("returned", "\(ledger.returned)"), member("pending", "\(ledger.pending)"),
        ]
        if let heldBack = stage.heldBack {
            members.append(member("held_others_back_seconds", JSONText.number(heldBack / .seconds(1))))
        }
        members += stage.measurements.map { member($0.name, JSONText.value($0.value)) }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func error(_ error: PipelineError) -> String {
        var members = [
            member("code", JSONText.string(error.code.rawValue)), member("what", JSONText.string(error.what)),
            member("reason", JSONText.string(error.reason)),
        ]
        if let place = error.place { members.append(member("place", JSONText.string(place))) }
        if let remedy = error.remedy { members.append(member("remedy", JSONText.string(remedy))) }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func member(_ name: String, _ value: String) -> String {
        "\(JSONText.string(name)): \(value)"
    }
}
