/// Turns a document's values into those of the declared forms, and tells all mistakes.
struct ValueReader {
    /// A value of its form.
    struct ReadValue {
        var value: SettingValue
        /// The settings within, for objects; empty for a value that is a setting as a whole.
        var parts: [EffectiveSetting] = []
        /// Whether members with mistakes are missing; the others can still be judged.
        var isPartial = false
        /// Whether something in it must not be shown that is not among the parts.
        var holdsSecret = false
    }

    /// The settings of an object.
    struct ReadSettings {
        /// By name; a setting left out has its default.
        var values: [String: SettingValue] = [:]
        /// In the order of their declaration.
        var effective: [EffectiveSetting] = []
    }

    /// What was found wrong so far.
    private(set) var mistakes: [DefinitionMistake] = []

    /// Reads the settings of an object, strictly: no unknown member, none missing, each of its form.
    /// - Parameters:
    ///   - declared: the settings.
    ///   - node: the object.
    ///   - path: the way to it.
    ///   - besides: members that someone else reads.
    ///   - isSecret: whether no value within may be shown.
    /// - Returns: the settings, or nil if there is any mistake.
    mutating func settings(
        _ declared: [any AnySetting], of node: DocumentNode, at path: DocumentPath, besides: [String] = [],
        isSecret: Bool = false
    ) -> ReadSettings? {
        guard let members = node.members else { return nil }
        var result = ReadSettings()
        let known = besides + declared.map(\.name)
        var isRight = true
        for member in members where !known.contains(member.name) {
            isRight = false
            tell(
                "unknown member", at: member.namePlace, path.member(member.name),
                found: QuotedText.quoted(QuotedText.excerpt(member.name)),
                allowed: SettingForm.alternatives(known), nearest: NearestName.nearest(to: member.name, among: known))
        }
        for setting in declared {
            let isSecret = isSecret || setting.isSecret
            if let member = node[setting.name] {
                guard let read = value(member, setting, at: path.member(setting.name), isSecret: isSecret) else {
                    isRight = false
                    continue
                }
                result.values[setting.name] = read.value
                result.effective += read.parts
            } else if let value = setting.defaultValue {
                result.values[setting.name] = value
                result.effective += EffectiveSetting.standard(setting, value, isSecret: isSecret)
            } else {
                isRight = false
                tell(
                    "missing member", at: node.place, path.member(setting.name),
                    found: "no \(QuotedText.quoted(setting.name))", allowed: setting.form.allowed)
            }
        }
        return isRight ? result : nil
    }

    /// Reads one setting, with what its declaration says beyond the form.
    private mutating func value(
        _ node: DocumentNode, _ setting: any AnySetting, at path: DocumentPath, isSecret: Bool
    ) -> ReadValue? {
        guard var read = reading(node, setting.form, at: path, isSecret: isSecret) else { return nil }
        let isSecret = isSecret || read.holdsSecret
        if let problem = setting.problem(with: read.value) {
            let secrets = isSecret ? read.value.texts : read.parts.filter(\.isSecret).flatMap(\.value.texts)
            let causes = causes(of: problem, read.value, setting, node, path)
            // What the members left out would have changed is not known.
            for cause in causes where !(read.isPartial && cause.path == path) {
                tell(
                    Self.redacted(cause.problem, secrets), at: cause.place, cause.path,
                    found: cause.node.found(isSecret: isSecret || cause.isSecret))
            }
            return nil
        }
        if read.isPartial { return nil }
        read.parts = read.settings(named: setting.name, of: node, isSecret: isSecret)
        return read
    }

    /// Reads a value.
    /// - Returns: the value, or nil if there is a mistake, which is told.
    mutating func value(
        _ node: DocumentNode, _ form: SettingForm, at path: DocumentPath, isSecret: Bool
    ) -> ReadValue? {
        let read = reading(node, form, at: path, isSecret: isSecret)
        return read?.isPartial == true ? nil : read
    }

    private mutating func reading(
        _ node: DocumentNode, _ form: SettingForm, at path: DocumentPath, isSecret: Bool
    ) -> ReadValue? {
        if case .mistaken = node.content { return nil }
        if let conversion = ScalarConversion(node.content, form) {
            if case .value(let value) = conversion { return ReadValue(value: value) }
            tell([conversion], node, form, at: path, isSecret)
            return nil
        }
        return parts(node, form, at: path, isSecret: isSecret)
    }

    /// Tells that a value is not of its form.
    mutating func tell(
        _ conversions: [ScalarConversion], _ node: DocumentNode, _ form: SettingForm, at path: DocumentPath,
        _ isSecret: Bool
    ) {
        let words = conversions.flatMap(\.unknownAmong)
        tell(
            Self.what(conversions), at: node.place, path, found: node.found(isSecret: isSecret), allowed: form.allowed,
            nearest: isSecret ? nil : node.text.flatMap { NearestName.nearest(to: $0, among: words) })
    }

    /// What is wrong with a value of which these are the conversions, one for each form that was allowed.
    private static func what(_ conversions: [ScalarConversion]) -> String {
        var words = 0
        var isEmpty = false
        for conversion in conversions {
            switch conversion {
            case .outOfRange: return "out of range"
            case .empty: isEmpty = true
            case .unknownWord: words += 1
            case .value, .wrongType: break
            }
        }
        if isEmpty { return "empty text" }
        if words == 0 { return "wrong type" }
        return words == conversions.count ? "unknown word" : "wrong value"
    }

    /// Tells a mistake.
    mutating func tell(
        _ what: String, at place: Place, _ path: DocumentPath, found: String? = nil, allowed: String? = nil,
        nearest: String? = nil
    ) {
        mistakes.append(
            DefinitionMistake(at: place, path: path, what, found: found, allowed: allowed, nearest: nearest))
    }

    /// Takes over mistakes that were found elsewhere.
    mutating func tell(_ found: [DefinitionMistake]) {
        mistakes += found
    }

    /// A message that a stage wrote, without the secrets it may repeat.
    static func redacted(_ message: String, _ secrets: [String]) -> String {
        secrets.sorted { $0.count > $1.count }.reduce(message) {
            $0.replacing($1, with: "(secret)")
        }
    }
}
