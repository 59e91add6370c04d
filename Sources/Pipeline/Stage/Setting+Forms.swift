// The common settings in one line each, so that a stage's declaration reads like its documentation.

extension Setting where Value == Bool {
    /// `true` or `false`.
    public static func boolean(_ name: String, default value: Bool, _ summary: String) -> Setting {
        Setting(name, .boolean, default: .boolean(value), defaultText: "\(value)", summary) {
            if case .boolean(let value) = $0 { value } else { nil }
        }
    }
}

extension Setting where Value == Int {
    /// A whole number.
    public static func integer(
        _ name: String, _ range: ClosedRange<Int64>, default value: Int64?, _ summary: String
    ) -> Setting {
        Setting(name, .integer(range), default: value.map { .integer($0) }, defaultText: value.map { "\($0)" }, summary)
        {
            if case .integer(let value) = $0 { Int(value) } else { nil }
        }
    }

    /// A number of bytes, or a text such as `"64MiB"`.
    public static func size(
        _ name: String, _ range: ClosedRange<Int64>, default value: Int64, text: String, _ summary: String
    ) -> Setting {
        Setting(name, .size(range), default: .size(value), defaultText: "\"\(text)\"", summary) {
            if case .size(let value) = $0 { Int(value) } else { nil }
        }
    }
}

extension Setting where Value == Double {
    /// A number.
    public static func number(
        _ name: String, _ range: ClosedRange<Double>, default value: Double?, _ summary: String
    ) -> Setting {
        Setting(name, .number(range), default: value.map { .number($0) }, defaultText: value.map { "\($0)" }, summary) {
            switch $0 {
            case .number(let value): value
            case .integer(let value): Double(value)
            default: nil
            }
        }
    }
}

extension Setting where Value == String {
    /// Text of at least one character.
    public static func text(
        _ name: String, default value: String?, _ summary: String,
        problem: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Setting {
        Setting(
            name, .text, default: value.map { .text($0) }, defaultText: value.map { "\"\($0)\"" }, summary,
            convert: { if case .text(let value) = $0 { value } else { nil } }, problem: problem)
    }
}

extension Setting where Value == String? {
    /// Text that may be left out.
    public static func optionalText(_ name: String, isSecret: Bool = false, _ summary: String) -> Setting {
        Setting(
            name, .either([.text, .choice([""])]), default: .text(""), defaultText: "\"\"", isSecret: isSecret, summary
        ) {
            if case .text(let value) = $0 { .some(value.isEmpty ? nil : value) } else { nil }
        }
    }
}

extension Setting where Value == Duration {
    /// A duration such as `"200ms"`, or a number of seconds.
    public static func duration(
        _ name: String, _ range: ClosedRange<Duration>, default value: Duration, text: String, _ summary: String
    ) -> Setting {
        Setting(name, .duration(range), default: .duration(value), defaultText: "\"\(text)\"", summary) {
            if case .duration(let value) = $0 { value } else { nil }
        }
    }
}

extension Setting where Value == [String] {
    /// A list of texts, also given as one text with commas.
    public static func words(_ name: String, _ summary: String) -> Setting {
        Setting(name, .words, default: .list([]), defaultText: "[]", summary) {
            guard case .list(let members) = $0 else { return nil }
            return members.compactMap { if case .text(let word) = $0 { word } else { nil } }
        }
    }
}

extension Setting where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of an enumeration's words.
    public static func choice(_ name: String, default value: Value, _ summary: String) -> Setting {
        Setting(
            name, .choice(Value.allCases.map(\.rawValue)), default: .text(value.rawValue),
            defaultText: "\"\(value.rawValue)\"", summary
        ) {
            if case .text(let word) = $0 { Value(rawValue: word) } else { nil }
        }
    }
}
