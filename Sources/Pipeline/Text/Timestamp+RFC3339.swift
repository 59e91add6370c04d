// Foundation's formatters are locale-aware objects at microseconds a call, and know milliseconds only.
extension Timestamp {
    /// UTC with six digits of the second: `2025-01-01T00:00:00.000000Z`. A year beyond 9999, which RFC 3339 does not
    /// know, has the digits it needs.
    package var rfc3339: String {
        let seconds = microseconds.flooredQuotient(1_000_000)
        let fraction = String(microseconds - seconds * 1_000_000 + 1_000_000).dropFirst()
        return "\(Self.dateAndTime(seconds: seconds)).\(fraction)Z"
    }

    /// Reads UTC text, with or without a fraction of at most six digits.
    /// - Parameter text: such as `2025-01-01T00:00:00Z`.
    /// - Returns: nil if it is anything else, names no real day, or lies before 1970.
    package init?(rfc3339 text: String) {
        guard let match = text.wholeMatch(of: /(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z/) else {
            return nil
        }
        guard let year = Int64(match.1), let month = Int64(match.2), let day = Int64(match.3),
            let hour = Int64(match.4), let minute = Int64(match.5), let second = Int64(match.6),
            (1...12).contains(month), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        let digits = match.7 ?? ""
        let fraction = digits + String(repeating: "0", count: 6 - digits.count)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
        guard days >= 0, let microseconds = Int64(fraction) else { return nil }
        self.init(microseconds: seconds * 1_000_000 + microseconds)
        // A day that the month does not have comes back as one of the next month.
        guard text.hasPrefix(Self.dateAndTime(seconds: seconds)) else { return nil }
    }

    /// `2025-01-01T00:00:00`.
    private static func dateAndTime(seconds: Int64) -> String {
        let day = seconds.flooredQuotient(86_400)
        let second = seconds - day * 86_400
        let (year, month, dayOfMonth) = date(day: day)
        let yearText = year < 10_000 ? String(year + 10_000).dropFirst() : Substring(String(year))
        let date = "\(yearText)-\(pair(month))-\(pair(dayOfMonth))"
        return "\(date)T\(pair(second / 3_600)):\(pair(second / 60 % 60)):\(pair(second % 60))"
    }

    private static func pair(_ number: Int64) -> Substring {
        String(number + 100).dropFirst()
    }

    // Both ways after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so that the
    // leap day is the last day of one, and 400 of them are 146,097 days.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredQuotient(400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
        let calendarMonth = month < 10 ? month + 3 : month - 9
        return (yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0), calendarMonth, dayOfMonth)
    }
}
