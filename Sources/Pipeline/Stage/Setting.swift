/// What is known of a setting without its Swift type.
public protocol AnySetting: Sendable {
    /// The member's name in the pipeline file.
    var name: String { get }
    /// One sentence for `runner stages` and the reference.
    var summary: String { get }
    /// What is allowed.
    var form: SettingForm { get }
    /// The value when the member is left out, or nil for a setting that must be given.
    var defaultValue: SettingValue? { get }
    /// The default as it would stand in a file, for listings; nil for a setting that must be given.
    var defaultText: String? { get }
    /// Whether the value must never be shown.
    var isSecret: Bool { get }
    /// Checks what the form cannot say.
    /// - Parameter value: a value of this form.
    /// - Returns: what is wrong with it, or nil.
    func problem(with value: SettingValue) -> String?
}

/// One setting of a stage, declared once: name, form, default and meaning. The pipeline file's validation, `runner
/// stages`, the JSON Schema, the reference and the stage's own reading of its values all come from it.
public struct Setting<Value: Sendable>: AnySetting {
    /// The member's name in the pipeline file.
    public let name: String
    /// One sentence for `runner stages` and the reference.
    public let summary: String
    /// What is allowed.
    public let form: SettingForm
    /// The value when the member is left out.
    public let defaultValue: SettingValue?
    /// The default as it would stand in a file.
    public let defaultText: String?
    /// Whether the value must never be shown.
    public let isSecret: Bool
    private let convert: @Sendable (SettingValue) -> Value?
    private let explain: @Sendable (Value) -> String?

    /// Declares a setting.
    /// - Parameters:
    ///   - name: the member's name.
    ///   - form: what is allowed.
    ///   - defaultValue: the value when left out; nil for a setting that must be given.
    ///   - defaultText: the default as it would stand in a file (JSON), for listings.
    ///   - isSecret: whether the value must never be shown.
    ///   - summary: one sentence.
    ///   - convert: the Swift value; nil only for a value that is not of `form`.
    ///   - problem: what is wrong with a value of the form, or nil.
    public init(
        _ name: String, _ form: SettingForm, default defaultValue: SettingValue?, defaultText: String?,
        isSecret: Bool = false, _ summary: String, convert: @escaping @Sendable (SettingValue) -> Value?,
        problem: @escaping @Sendable (Value) -> String? = { _ in nil }
    ) {
        self.name = name
        self.form = form
        self.defaultValue = defaultValue
        self.defaultText = defaultText
        self.isSecret = isSecret
        self.summary = summary
        self.convert = convert
        self.explain = problem
    }

    /// What is wrong with a value, or nil.
    public func problem(with value: SettingValue) -> String? {
        guard let converted = convert(value) else { return "is not of the form this setting expects" }
        return explain(converted)
    }

    /// The Swift value.
    func swiftValue(_ value: SettingValue) -> Value? {
        convert(value)
    }
}

/// The validated settings of one stage of a pipeline file.
public struct SettingValues: Sendable {
    private let values: [String: SettingValue]

    /// Makes the values.
    /// - Parameter values: by setting name; a setting left out has its default here already.
    public init(_ values: [String: SettingValue]) {
        self.values = values
    }

    /// The value of a declared setting.
    ///
    /// Traps if the setting was not declared by the stage: that is a mistake in the stage's code that its first test
    /// meets, not one that input can cause.
    public subscript<Value>(_ setting: Setting<Value>) -> Value {
        guard let value = values[setting.name] ?? setting.defaultValue, let converted = setting.swiftValue(value)
        else { preconditionFailure("setting \(setting.name) is not among the stage's declared settings") }
        return converted
    }

    /// The values as validated, by name.
    public var all: [String: SettingValue] { values }
}
