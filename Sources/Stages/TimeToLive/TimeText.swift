internal import Glibc
internal import Pipeline

/// Times as people read them on a terminal.
enum TimeText {
    /// Rounded up to the second, the two largest units: `12 s`, `3 min 5 s`, `2 h 14 min`.
    static func duration(_ duration: Duration) -> String {
        let seconds = (duration.nanoseconds + 999_999_999) / 1_000_000_000
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3_600: join(seconds / 60, "min", seconds % 60, "s")
        case ..<86_400: join(seconds / 3_600, "h", seconds / 60 % 60, "min")
        default: join(seconds / 86_400, "d", seconds / 3_600 % 24, "h")
        }
    }

    /// The time of day where the reader is: `14:03:22`, with the date before it if asked.
    static func clockTime(_ time: Timestamp, withDate: Bool) -> String {
        var seconds = time_t(time.microseconds / 1_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(pair).joined(separator: ":")
        guard withDate else { return clock }
        return "\(parts.tm_year + 1_900)-\(pair(parts.tm_mon + 1))-\(pair(parts.tm_mday)) \(clock)"
    }

    private static func join(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
    }

    private static func pair(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
