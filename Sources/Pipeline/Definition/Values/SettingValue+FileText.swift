extension SettingValue {
    /// The value as it would stand in a pipeline file (JSON); members of objects in alphabetical order.
    public var fileText: String {
        switch self {
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): SettingForm.text(value)
        case .text(let value): QuotedText.quoted(value)
        case .duration(let value): QuotedText.quoted(DurationText.text(value))
        case .size(let value): QuotedText.quoted(SizeText.text(value))
        case .list(let values): "[" + values.map(\.fileText).joined(separator: ", ") + "]"
        case .object(let members) where members.isEmpty: "{}"
        case .object(let members):
            "{ "
                + members.sorted { $0.key < $1.key }.map { "\(QuotedText.quoted($0.key)): \($0.value.fileText)" }
                .joined(separator: ", ") + " }"
        }
    }

    /// Whether there is nothing in it.
    var isEmpty: Bool {
        switch self {
        case .text(let value): value.isEmpty
        case .list(let values): values.isEmpty
        case .object(let members): members.isEmpty
        case .boolean, .integer, .number, .duration, .size: false
        }
    }

    /// All that a message could repeat of the value, by which messages are searched for secrets.
    var texts: [String] {
        switch self {
        case .text(let value): value.isEmpty ? [] : [value]
        case .integer, .number, .size, .duration: [fileText]
        case .list(let values): values.flatMap(\.texts)
        case .object(let members): members.values.flatMap(\.texts)
        case .boolean: []
        }
    }
}
