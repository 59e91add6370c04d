/// The form a setting's value has in a pipeline file: what is allowed, as data, so that validation, `runner stages`
/// and the JSON Schema say the same.
public indirect enum SettingForm: Sendable {
    /// `true` or `false`.
    case boolean
    /// A whole number in a range.
    case integer(ClosedRange<Int64>)
    /// A number in a range.
    case number(ClosedRange<Double>)
    /// Text; at least one character.
    case text
    /// `"90s"`, `"5m"`, `"1h30m"`, `"200ms"`, `"10us"`, or a number of seconds, in a range.
    case duration(ClosedRange<Duration>)
    /// `"64MiB"`, `"10kB"`, or a number of bytes, in a range.
    case size(ClosedRange<Int64>)
    /// One of these words.
    case choice([String])
    /// A list with at least so many members.
    case list(SettingForm, minimum: Int)
    /// A list given as such, or as one text with the members separated by commas (which is how a variable gives it).
    /// The empty text is the empty list.
    case words
    /// An object with these members.
    case object([any AnySetting])
    /// An object of any member names, each value of this form.
    case map(SettingForm)
    /// The first form that fits.
    case either([SettingForm])
}

/// A value of a pipeline file after validation: of its form, within its range, variables put in.
public indirect enum SettingValue: Sendable, Hashable {
    /// From ``SettingForm/boolean``.
    case boolean(Bool)
    /// From ``SettingForm/integer(_:)``.
    case integer(Int64)
    /// From ``SettingForm/number(_:)``.
    case number(Double)
    /// From ``SettingForm/text`` and ``SettingForm/choice(_:)``.
    case text(String)
    /// From ``SettingForm/duration(_:)``.
    case duration(Duration)
    /// From ``SettingForm/size(_:)``, in bytes.
    case size(Int64)
    /// From ``SettingForm/list(_:minimum:)`` and ``SettingForm/words``.
    case list([SettingValue])
    /// From ``SettingForm/object(_:)`` (settings left out have their defaults) and ``SettingForm/map(_:)``.
    case object([String: SettingValue])
}
