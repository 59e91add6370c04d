extension SettingForm {
    /// What is allowed, in words, as mistakes and listings say it.
    public var allowed: String {
        switch self {
        case .boolean: "true or false"
        case .integer(let range): Self.allowed("a whole number", range, .min, .max) { "\($0)" }
        case .number(let range):
            Self.allowed("a number", range, -.greatestFiniteMagnitude, .greatestFiniteMagnitude, Self.text)
        case .text: "text of at least one character"
        case .duration(let range):
            Self.allowed(
                #"a duration such as "90s", or a number of seconds,"#, range, .seconds(Int64.min), .seconds(Int64.max),
                DurationText.text)
        case .size(let range):
            Self.allowed(#"a size such as "64MiB", or a number of bytes,"#, range, .min, .max, SizeText.text)
        case .choice(let words): Self.alternatives(words.map(QuotedText.quoted))
        case .list(let form, let minimum):
            (minimum > 0 ? "a list of at least \(minimum), each " : "a list, each ") + form.allowed
        case .words: "a list of words, or one text with the words separated by commas"
        case .object(let settings):
            settings.isEmpty ? "an empty object" : "an object of " + settings.map(\.name).joined(separator: ", ")
        case .map(let form): "an object whose members are each " + form.allowed
        case .either: Self.alternatives(allowedAlternatives)
        }
    }

    private var allowedAlternatives: [String] {
        switch self {
        case .either(let forms):
            let texts = forms.flatMap(\.allowedAlternatives)
            // Text that may be empty is declared as text of at least one character, or the empty word.
            let (some, none) = (Self.text.allowed, QuotedText.quoted(""))
            return texts.contains(some) && texts.contains(none)
                ? texts.compactMap { $0 == some ? "text" : $0 == none ? nil : $0 } : texts
        case .choice(let words): return words.map(QuotedText.quoted)
        case .boolean: return ["true", "false"]
        default: return [allowed]
        }
    }

    /// A number without a needless fraction.
    static func text(_ number: Double) -> String {
        Int64(exactly: number).map { "\($0)" } ?? "\(number)"
    }

    /// `a, b or c`.
    static func alternatives(_ texts: [String]) -> String {
        guard let last = texts.last, texts.count > 1 else { return texts.first ?? "nothing" }
        return texts.dropLast().joined(separator: ", ") + " or " + last
    }

    private static func allowed<Limit: Comparable>(
        _ what: String, _ range: ClosedRange<Limit>, _ least: Limit, _ most: Limit, _ text: (Limit) -> String
    ) -> String {
        if range.lowerBound == range.upperBound { return text(range.lowerBound) }
        let bare = what.hasSuffix(",") ? String(what.dropLast()) : what
        switch (range.lowerBound <= least, range.upperBound >= most) {
        case (true, true): return bare
        case (false, true): return "\(what) of at least \(text(range.lowerBound))"
        case (true, false): return "\(what) of at most \(text(range.upperBound))"
        case (false, false): return "\(what) from \(text(range.lowerBound)) to \(text(range.upperBound))"
        }
    }
}
