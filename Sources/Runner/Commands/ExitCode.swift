import Pipeline

/// The runner's exit codes, after sysexits(3).
enum ExitCode {
    static let done: Int32 = 0
    /// Verified, and not as it should be; as of diff(1) and cmp(1).
    static let differences: Int32 = 1
    /// Asked, and not ready; as Docker wants it of a health check.
    static let unhealthy: Int32 = 1
    static let internalFault: Int32 = 70
    static let givenUp: Int32 = 75
    static let secondInterrupt: Int32 = 130

    /// The exit code of an error.
    static func code(of error: PipelineError) -> Int32 {
        switch error.code {
        case .usage: 64
        case .badData: 65
        case .unavailable: 69
        case .internalFault: internalFault
        case .cannotCreate: 73
        case .inputOutput: 74
        case .givenUp: givenUp
        case .fenced: 76
        case .configuration: 78
        }
    }

    /// The exit code of a run.
    static func code(of report: RunReport) -> Int32 {
        if let error = report.error { return code(of: error) }
        return report.givenUp > 0 ? givenUp : done
    }
}
