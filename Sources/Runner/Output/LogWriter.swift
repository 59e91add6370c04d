import Pipeline

/// Writes log lines to standard error, as text for people or as one JSON object a line.
struct LogWriter: Sendable {
    let output: StandardError
    let format: LogFormat
    let minimum: Log.Level
    let usesColour: Bool
    /// For the times of JSON lines.
    let clock: any PipelineClock

    /// The log that pipelines write to.
    var log: Log {
        Log { entry in
            guard entry.level >= minimum else { return }
            output.write((format == .json ? json(entry) : text(entry)) + "\n")
        }
    }

    func text(_ entry: Log.Entry) -> String {
        var line = entry.origin.isEmpty ? "" : entry.origin + ": "
        line += entry.message
        if !entry.details.isEmpty {
            line += " (" + entry.details.map { "\($0.name) \($0.value)" }.joined(separator: ", ") + ")"
        }
        // A file's name or a server's message may be in it.
        line = TerminalText.string(line)
        switch entry.level {
        case .error: return colour("31", "error: ") + line
        case .warning: return colour("33", "warning: ") + line
        case .info, .debug: return line
        }
    }

    func json(_ entry: Log.Entry) -> String {
        var members = ["\"time\":\(JSONText.string(clock.wallTime.rfc3339))", "\"level\":\"\(entry.level)\""]
        if !entry.origin.isEmpty { members.append("\"origin\":\(JSONText.string(entry.origin))") }
        members.append("\"message\":\(JSONText.string(entry.message))")
        members += entry.details.map { "\(JSONText.string($0.name)):\(JSONText.string($0.value))" }
        return "{" + members.joined(separator: ",") + "}"
    }

    private func colour(_ code: String, _ text: String) -> String {
        usesColour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
