/// Where a setting's value came from.
public enum SettingOrigin: Sendable, Hashable {
    /// Nothing was said; the declared default stands.
    case standard
    /// Written in the file.
    case file(Place)
    /// Written in the file with variables, each named once.
    case variables([VariableUse], Place)
    /// From a `--set`, by its number on the command line.
    case override(Int)

    /// A variable in a value.
    public struct VariableUse: Sendable, Hashable {
        /// Who gave the variable its value.
        public enum Giver: Sendable, Hashable {
            /// The process's environment.
            case environment
            /// A line of an environment file.
            case file(Place)
            /// Nobody: the default after `:-` stands.
            case standard
        }

        /// The variable's name.
        public let name: String
        /// Who gave it its value.
        public let giver: Giver
    }

    /// Where the value stands.
    public var place: Place {
        switch self {
        case .standard: Place("default")
        case .file(let place), .variables(_, let place): place
        case .override(let number): Place.override(number)
        }
    }

    /// One phrase for listings: `default`, `produce.json:6:33`, `${RATE} from the environment, produce.json:6:33`,
    /// `default of ${RATE}, produce.json:6:33`.
    public var summary: String {
        switch self {
        case .standard: "default"
        case .file(let place): "\(place)"
        case .override(let number): "\(Place.override(number))"
        case .variables(let uses, let place):
            (uses.map { use in
                switch use.giver {
                case .environment: "${\(use.name)} from the environment"
                case .file(let line): "${\(use.name)} from \(line)"
                case .standard: "default of ${\(use.name)}"
                }
            } + ["\(place)"]).joined(separator: ", ")
        }
    }

    /// What follows a value in a mistake, since the file shows the variable and not the value.
    var foundRemark: String {
        guard case .variables(let uses, _) = self else { return "" }
        let names = uses.map { use in
            switch use.giver {
            case .environment: "${\(use.name)}"
            case .file(let line): "${\(use.name)} at \(line)"
            case .standard: "the default of ${\(use.name)}"
            }
        }
        return " (from \(names.joined(separator: ", ")))"
    }
}

extension DocumentNode {
    /// Where a value came from that is shown as a whole: the variables in its parts are its own as well.
    var wholeOrigin: SettingOrigin {
        guard case .file(let place) = origin else { return origin }
        let uses = variableUses
        return uses.isEmpty ? origin : .variables(uses.distinct, place)
    }

    private var variableUses: [SettingOrigin.VariableUse] {
        if case .variables(let uses, _) = origin { return uses }
        return (elements ?? members?.map(\.value) ?? []).flatMap(\.variableUses)
    }
}

extension Array where Element: Hashable {
    /// Each element once, where it first stands.
    var distinct: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
