/// A setting in force, for `runner explain`.
public struct EffectiveSetting: Sendable {
    /// The name within its stage or pipeline; within objects the way to it: `properties.linger.ms`.
    public internal(set) var name: String
    /// The value. ``text`` is what may be shown of it.
    public let value: SettingValue
    /// Where it came from.
    public let origin: SettingOrigin
    /// Whether the value must never be shown.
    public let isSecret: Bool

    /// Whether there is a value that ``text`` does not show. A declared default is no secret, and nothing is none.
    public var isHidden: Bool { isSecret && origin != .standard && !value.isEmpty }

    /// The value as it would stand in a file; of a secret only that there is one.
    public var text: String {
        isHidden ? "(secret, not shown)" : value.fileText
    }
}

extension EffectiveSetting {
    /// The settings that stand where nothing was said: one, or for an object its members.
    /// - Parameters:
    ///   - setting: the declaration.
    ///   - value: its default.
    ///   - isSecret: whether it must never be shown.
    static func standard(_ setting: any AnySetting, _ value: SettingValue, isSecret: Bool) -> [EffectiveSetting] {
        guard case .object(let members) = setting.form, case .object(let values) = value, !members.isEmpty else {
            return [EffectiveSetting(name: setting.name, value: value, origin: .standard, isSecret: isSecret)]
        }
        return members.flatMap { member in
            // A member without a default of its own that the object's default leaves out is in force nowhere.
            (values[member.name] ?? member.defaultValue).map {
                standard(member, $0, isSecret: isSecret || member.isSecret).map { $0.within(setting.name) }
            } ?? []
        }
    }

    /// The same setting seen from around the object that holds it.
    func within(_ name: String) -> EffectiveSetting {
        var setting = self
        setting.name = "\(name).\(self.name)"
        return setting
    }
}
