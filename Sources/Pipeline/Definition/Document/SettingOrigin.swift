/// Where a setting's value came from.
public enum SettingOrigin: Sendable, Hashable {
    /// Nothing was said; the declared default stands.
    case standard
    /// Written in the file.
    case file(Place)
    /// Written in the file with variables.
    case variables([VariableUse], Place)
    /// From a `--set`, by its number on the command line.
    case override(Int)

    /// A variable in a value.
    public struct VariableUse: Sendable, Hashable {
        /// The variable's name.
        public let name: String
        /// Whether its value stands; if not, the default after `:-`.
        public let isSet: Bool
    }

    /// Where the value stands.
    var place: Place {
        switch self {
        case .standard: Place("default")
        case .file(let place), .variables(_, let place): place
        case .override(let number): Place.override(number)
        }
    }

    /// One phrase for listings: `default`, `produce.json:6:33`, `RATE`, `default of ${RATE}, produce.json:6:33`.
    public var summary: String {
        switch self {
        case .standard: return "default"
        case .file(let place): return "\(place)"
        case .override(let number): return "\(Place.override(number))"
        case .variables(let uses, let place):
            let names = uses.map { $0.isSet ? $0.name : "default of ${\($0.name)}" }
            return names.joined(separator: ", ") + ", \(place)"
        }
    }

    /// What follows a value in a mistake, since the file shows the variable and not the value.
    var foundRemark: String {
        guard case .variables(let uses, _) = self else { return "" }
        let names = uses.map { $0.isSet ? "${\($0.name)}" : "the default of ${\($0.name)}" }
        return " (from \(names.joined(separator: ", ")))"
    }
}

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

    /// The value as it would stand in a file; of a secret only that there is one.
    public var text: String {
        isSecret && value != .text("") ? "(secret, not shown)" : value.fileText
    }
}
