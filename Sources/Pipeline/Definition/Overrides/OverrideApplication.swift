/// Puts overrides into a document as if they stood there: validation then judges them like everything else, and an
/// unknown name is told with the override as its place.
struct OverrideApplication {
    let registry: StageRegistry

    /// Puts one override in.
    /// - Returns: a mistake if there is no such stage, else nil.
    func apply(_ override: SettingOverride, to root: inout DocumentNode) -> DefinitionMistake? {
        let path = override.path
        let value = DocumentNode(content: .untyped(override.value), origin: .override(override.number))
        guard var members = root.members else { return nil }
        guard let kind = StageKind.inOrder.first(where: { $0.member == path[0] }) else {
            Self.set(path[...], to: value, in: &members, .members(PipelineSettings.declared(name: "")))
            root.content = .object(members)
            return nil
        }
        guard path.count > kind.stepsToStage else {
            return DefinitionMistake(
                at: value.place, path: nil, "an override of a whole stage",
                found: QuotedText.quoted(path.joined(separator: ".")),
                allowed: kind == .source ? "source.SETTING" : "\(kind.member).NAME.SETTING")
        }
        guard let index = members.firstIndex(where: { $0.name == kind.member }) else {
            return unknownStage(override, kind, among: [])
        }
        let steps = path.dropFirst(kind.stepsToStage)
        if kind == .source {
            set(steps, to: value, in: &members[index].value, kind)
        } else {
            var stages = members[index].value.elements ?? []
            guard let position = stages.firstIndex(where: { $0.stageName == path[1] }) else {
                return unknownStage(override, kind, among: stages.compactMap(\.stageName))
            }
            set(steps, to: value, in: &stages[position], kind)
            members[index].value.content = .list(stages)
        }
        root.content = .object(members)
        return nil
    }

    private func set(
        _ steps: ArraySlice<String>, to value: DocumentNode, in stage: inout DocumentNode, _ kind: StageKind
    ) {
        guard var members = stage.members else { return }
        let settings = stage["type"]?.text.flatMap { registry.definition($0, kind) }?.settings ?? []
        Self.set(steps, to: value, in: &members, .members(settings))
        stage.content = .object(members)
    }

    /// Replaces or adds the member at the end of some steps.
    private static func set(
        _ steps: ArraySlice<String>, to value: DocumentNode, in members: inout [DocumentMember],
        _ interior: SettingForm.Interior?
    ) {
        let (name, rest) = interior?.split(steps) ?? (steps.first ?? "", steps.dropFirst())
        let index = members.firstIndex { $0.name == name }
        var result = value
        if !rest.isEmpty {
            var inner = index.flatMap { members[$0].value.members } ?? []
            set(rest, to: value, in: &inner, interior?.form(of: name)?.interior)
            result.content = .object(inner)
            if let index, members[index].value.members != nil { result.origin = members[index].value.origin }
        }
        if let index {
            members[index].value = result
        } else {
            members.append(DocumentMember(name: name, namePlace: value.place, value: result))
        }
    }

    private func unknownStage(_ override: SettingOverride, _ kind: StageKind, among names: [String])
        -> DefinitionMistake
    {
        let found = override.path.prefix(kind.stepsToStage).joined(separator: ".")
        return DefinitionMistake(
            at: Place.override(override.number), path: nil, "unknown stage", found: QuotedText.quoted(found),
            allowed: names.isEmpty
                ? "nothing: the pipeline has no \"\(kind.member)\""
                : SettingForm.alternatives(names.map { "\(kind.member).\(QuotedText.printable($0))" }),
            nearest: override.path.dropFirst().first.flatMap { NearestName.nearest(to: $0, among: names) }
                .map { "\(kind.member).\($0)" })
    }
}

extension DocumentNode {
    /// The name of the stage that this object describes: its type unless given.
    var stageName: String? {
        self["name"]?.text ?? self["type"]?.text
    }
}

extension StageKind {
    /// Steps of an override's path that name the stage.
    fileprivate var stepsToStage: Int { self == .source ? 1 : 2 }
}

extension SettingForm {
    /// What the members of an object of this form are.
    fileprivate enum Interior {
        case members([any AnySetting])
        /// Values of this form.
        case anyNames(SettingForm)

        /// What a member's value is; nil for a member that is not declared.
        func form(of name: String) -> SettingForm? {
            switch self {
            case .members(let settings): settings.first { $0.name == name }?.form
            case .anyNames(let form): form
            }
        }

        /// The member that some steps name, and the steps within its value. Names in a map may hold dots, as librdkafka's
        /// properties do: all steps make one name, up to the last that is a setting within the map's values.
        func split(_ steps: ArraySlice<String>) -> (name: String, rest: ArraySlice<String>) {
            guard case .anyNames(let form) = self else { return (steps.first ?? "", steps.dropFirst()) }
            var end = steps.endIndex
            if case .members(let settings) = form.interior {
                end = steps.dropFirst().lastIndex { step in settings.contains { $0.name == step } } ?? end
            }
            return (steps[..<end].joined(separator: "."), steps[end...])
        }
    }

    /// nil for a form without members.
    fileprivate var interior: Interior? {
        switch self {
        case .object(let settings): .members(settings)
        case .map(let form): .anyNames(form)
        case .either(let forms): forms.lazy.compactMap(\.interior).first
        default: nil
        }
    }
}
