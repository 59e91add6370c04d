internal import Pipeline

/// The settings of the filter as a pipeline file gives them.
enum FilterSettings {
    /// What becomes of a record whose tested field is not there.
    enum Missing: String, CaseIterable, Sendable {
        /// It is left out, and counted as dropped.
        case drop
        /// It goes on.
        case keep
        /// It becomes a dead letter.
        case dead
    }

    static let keep = conditions(
        "keep", "Passes on records for which all of these hold; by field name. An empty list asks nothing.")
    static let drop = conditions(
        "drop", "Leaves out records for which all of these hold; by field name. An empty list asks nothing.")
    static let missing = Setting<Missing>.choice(
        "missing", default: .drop,
        "What becomes of a record that cannot be decided: a tested field is missing, null, or in a range and of another type."
    )
    static let all: [any AnySetting] = [keep, drop, missing]

    /// Mistakes that a form cannot express.
    static func problems(_ values: SettingValues) -> [SettingProblem] {
        [keep, drop].flatMap { setting in
            values[setting].compactMap { condition in
                condition.problem.map {
                    SettingProblem(setting: setting.name, message: "the condition on \"\(condition.field)\": \($0)")
                }
            }
        }
    }

    // One word may be a number or true; texts with commas are split, which is how a variable gives a list.
    private static let members = SettingForm.either([
        .words, .list(.either([.text, .boolean, .number(finite)]), minimum: 0),
    ])
    private static let finite = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    // The empty text asks nothing, so that `"${AMOUNT_FROM:-}"` can stand in a file.
    private static let bound = SettingForm.either([.number(finite), .text, .choice([""])])

    private static let anyOf = words("any_of", "The field equals one of these.")
    private static let not = words("not", "The field equals none of these.")
    private static let from = limit("from", "The field is not below this; numbers by value, strings byte by byte.")
    private static let to = limit("to", "The field is not above this.")
    private static let present = Setting<Bool?>(
        "present", .either([.boolean, .choice([""])]), default: .text(""), defaultText: #""""#,
        "The field is there and not null (true), or is not (false)."
    ) {
        switch $0 {
        case .boolean(let value): .some(.some(value))
        case .text: .some(nil)
        default: nil
        }
    }

    private static func conditions(_ name: String, _ summary: String) -> Setting<[FieldCondition]> {
        Setting(
            name, .map(.object([anyOf, not, from, to, present])), default: .object([:]), defaultText: "{}", summary
        ) {
            guard case .object(let fields) = $0 else { return nil }
            var conditions: [FieldCondition] = []
            // In the order of names, for a file's order is not kept and the reasons of dead letters must not vary.
            for (field, value) in fields.sorted(by: { $0.key < $1.key }) {
                guard case .object(let parts) = value else { return nil }
                let values = SettingValues(parts)
                let condition = FieldCondition(
                    field: field, anyOf: values[anyOf], noneOf: values[not], lowest: values[from], highest: values[to],
                    isPresent: values[present])
                conditions.append(condition)
            }
            return conditions
        }
    }

    private static func words(_ name: String, _ summary: String) -> Setting<[String]> {
        Setting(name, members, default: .list([]), defaultText: "[]", summary) {
            guard case .list(let members) = $0 else { return nil }
            return members.compactMap { member in
                switch member {
                case .text(let word): word
                case .boolean(let value): "\(value)"
                case .number(let value): "\(value)"
                case .integer(let value): "\(value)"
                default: nil
                }
            }
        }
    }

    private static func limit(_ name: String, _ summary: String) -> Setting<FieldCondition.Bound?> {
        Setting(name, bound, default: .text(""), defaultText: #""""#, summary) {
            switch $0 {
            case .number(let value): .some(.number(value))
            case .integer(let value): .some(.number(Double(value)))
            case .text(let text): .some(text.isEmpty ? nil : .text(text))
            default: nil
            }
        }
    }
}
