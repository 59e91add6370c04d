/// What a value without parts comes to under a form.
enum ScalarConversion {
    case value(SettingValue)
    case wrongType
    case empty
    case outOfRange
    /// Text that is none of these words.
    case unknownWord([String])

    /// Converts a value; nil for a form with parts.
    init?(_ content: DocumentNode.Content, _ form: SettingForm) {
        switch form {
        case .boolean:
            self = content.boolean.map { .value(.boolean($0)) } ?? .wrongType
        case .integer(let range):
            self = .whole(content.number, range) { .integer($0) }
        case .number(let range):
            self = .number(content.number, range)
        case .text:
            self = content.text.map { $0.isEmpty ? .empty : .value(.text($0)) } ?? .wrongType
        case .choice(let words):
            self = content.text.map { words.contains($0) ? .value(.text($0)) : .unknownWord(words) } ?? .wrongType
        case .duration(let range):
            self = .duration(content, range)
        case .size(let range):
            self = .size(content, range)
        case .list, .words, .object, .map, .either:
            return nil
        }
    }

    /// The words that the text is none of; empty for other outcomes.
    var unknownAmong: [String] {
        if case .unknownWord(let words) = self { words } else { [] }
    }

    private static func whole(
        _ text: String?, _ range: ClosedRange<Int64>, _ value: (Int64) -> SettingValue
    ) -> ScalarConversion {
        switch text.flatMap({ DecimalText($0) })?.times(1) {
        case .whole(let number):
            guard let whole = Int64(exactly: number), range.contains(whole) else { return .outOfRange }
            return .value(value(whole))
        case .tooLarge: return .outOfRange
        case .fraction, nil: return .wrongType
        }
    }

    private static func duration(_ content: DocumentNode.Content, _ range: ClosedRange<Duration>) -> ScalarConversion {
        let duration: Duration?
        switch content.number.flatMap({ DecimalText($0) })?.times(DurationText.second) {
        case .whole(let attoseconds): duration = Duration(attoseconds: attoseconds)
        case .tooLarge: return .outOfRange
        case .fraction: return .wrongType
        case nil: duration = content.text.flatMap { DurationText.duration($0.trimmed) }
        }
        guard let duration else { return .wrongType }
        return range.contains(duration) ? .value(.duration(duration)) : .outOfRange
    }

    private static func size(_ content: DocumentNode.Content, _ range: ClosedRange<Int64>) -> ScalarConversion {
        if let number = content.number { return .whole(number, range) { .size($0) } }
        guard let bytes = content.text.flatMap({ SizeText.bytes($0.trimmed) }) else { return .wrongType }
        return range.contains(bytes) ? .value(.size(bytes)) : .outOfRange
    }

    private static func number(_ text: String?, _ range: ClosedRange<Double>) -> ScalarConversion {
        guard let text, let number = Double(text) else { return .wrongType }
        return range.contains(number) ? .value(.number(number)) : .outOfRange
    }
}

extension DocumentNode.Content {
    fileprivate var boolean: Bool? {
        switch self {
        case .boolean(let value): value
        case .untyped(let text): Bool(text.trimmed)
        default: nil
        }
    }

    /// A number as it was written.
    fileprivate var number: String? {
        switch self {
        case .number(let written): written
        case .untyped(let text): DecimalText(text.trimmed) == nil ? nil : text.trimmed
        default: nil
        }
    }

    fileprivate var text: String? {
        switch self {
        case .text(let text), .untyped(let text): text
        default: nil
        }
    }
}

extension StringProtocol {
    /// The text without white space around it.
    var trimmed: String {
        String(String(drop { $0.isWhitespace }.reversed()).drop { $0.isWhitespace }.reversed())
    }
}
