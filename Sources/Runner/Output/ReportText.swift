import Pipeline

/// The final report for people.
enum ReportText {
    static func text(_ report: RunReport) -> String {
        var lines: [String] = []
        let outcome =
            switch report.outcome {
            case .completed: "done"
            case .timeToLive: "done, time to live is over"
            case .interrupted: "stopped"
            case .failed: "failed"
            case .running: "running"
            }
        var rate = "\(Figures.rate(report.recordsPerSecond))/s"
        if case .number(let target) = report.measurement("target_per_second") {
            rate += " of \(Figures.rate(target))/s"
        }
        lines.append("\(report.pipeline): \(outcome)")
        lines.append(
            "  total \(report.records.grouped) records, actual rate \(rate), "
                + "elapsed \(Figures.duration(report.elapsed)), \(Figures.bytes(report.bytes))")
        if case .object(let lag) = report.measurement("schedule_lag_ms") {
            let parts = ["p50", "p99", "max"].compactMap { name -> String? in
                guard case .number(let value) = lag[name] else { return nil }
                return "\(name) \(value.decimal(2)) ms"
            }
            lines.append("  schedule lag \(parts.joined(separator: ", "))")
        }
        lines += table(report)
        if report.stages.filter({ $0.kind == .sink }).count > 1,
            let slowest = report.stages.max(by: { ($0.heldBack ?? .zero) < ($1.heldBack ?? .zero) }),
            let heldBack = slowest.heldBack, heldBack > .milliseconds(100)
        {
            lines.append("  \(slowest.name) held the others back for \(Figures.duration(heldBack))")
        }
        if report.givenUp > 0 {
            lines.append("  \(report.givenUp.grouped) records were given up: draining was cut off")
        }
        if let error = report.error { lines.append("  error: \(error)") }
        return lines.map(TerminalText.string).joined(separator: "\n") + "\n"
    }

    private static func table(_ report: RunReport) -> [String] {
        let head = ["stage", "in", "out", "dropped", "dead", "returned"]
        let rows = report.stages.map { stage in
            [
                stage.name == stage.type ? stage.name : "\(stage.name) (\(stage.type))",
                stage.ledger.in.grouped, stage.ledger.out.grouped, stage.ledger.dropped.grouped,
                stage.ledger.dead.grouped, stage.ledger.returned.grouped,
            ]
        }
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        return ([head] + rows).map { row in
            "  "
                + row.enumerated().map { column, cell in
                    let padding = String(repeating: " ", count: widths[column] - cell.count)
                    return column == 0 ? cell + padding : padding + cell
                }.joined(separator: "  ")
        }
    }
}
