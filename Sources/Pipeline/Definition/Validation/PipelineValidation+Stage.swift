extension PipelineValidation {
    /// The optional member by which a file overrules whether a sink is waited for.
    private static let required = "required"

    /// Checks one stage object.
    /// - Returns: the stage, or nil if it has a mistake, which is told.
    mutating func stage(
        _ node: DocumentNode, _ kind: StageKind, at path: DocumentPath
    ) -> PipelineDefinition.Stage? {
        if case .mistaken = node.content { return nil }
        guard node.members != nil else {
            reader.tell(
                "wrong type", at: node.place, path, found: node.found(isSecret: false),
                allowed: "an object with a \"type\"")
            return nil
        }
        guard let typeNode = node["type"] else {
            reader.tell(
                "missing member", at: node.place, path.member("type"), found: "no \"type\"", allowed: types(of: kind))
            _ = name(of: node, orType: nil, at: path)
            return nil
        }
        guard
            case .text(let type) = reader.value(typeNode, .text, at: path.member("type"), isSecret: false)?.value
        else {
            _ = name(of: node, orType: nil, at: path)
            return nil
        }
        let name = name(of: node, orType: typeNode, at: path)
        guard let definition = registry.definition(type, kind) else {
            tellUnknown(type, kind, at: typeNode, path.member("type"))
            return nil
        }
        return stage(name, definition, node, typeNode.place, at: path)
    }

    private mutating func stage(
        _ name: String?, _ definition: StageDefinition, _ node: DocumentNode, _ place: Place, at path: DocumentPath
    ) -> PipelineDefinition.Stage? {
        let isSink = definition.kind == .sink
        let read = reader.settings(
            definition.settings, of: node, at: path, besides: ["type", "name"] + (isSink ? [Self.required] : []))
        var isRequired: Bool?
        if isSink, let node = node[Self.required],
            case .boolean(let value) =
                reader.value(node, .boolean, at: path.member(Self.required), isSecret: false)?.value
        {
            isRequired = value
        }
        guard let read else { return nil }
        let values = SettingValues(read.values)
        let problems = definition.problems(values)
        let secrets = read.effective.filter(\.isSecret).flatMap(\.value.texts)
        for problem in problems {
            let setting = problem.setting.flatMap { node[$0] }
            reader.tell(
                ValueReader.redacted(problem.message, secrets), at: setting?.place ?? place,
                problem.setting.map { path.member($0) } ?? path)
        }
        guard problems.isEmpty else { return nil }
        // A mistake of name or "required" is told; the stage is still judged together with the others.
        let traits = definition.traits(values)
        let isWaitedFor = isSink ? isRequired ?? traits.isRequired : true
        func common(_ name: String, _ value: SettingValue) -> EffectiveSetting {
            EffectiveSetting(name: name, value: value, origin: node[name]?.origin ?? .standard, isSecret: false)
        }
        return PipelineDefinition.Stage(
            name: name ?? definition.type, definition: definition, values: values, traits: traits,
            isRequired: isWaitedFor,
            settings: [common("type", .text(definition.type)), common("name", .text(name ?? definition.type))]
                + read.effective + (isSink ? [common(Self.required, .boolean(isWaitedFor))] : []),
            place: place, path: path.description)
    }

    /// The stage's name: its type unless given. Twice the same is a mistake that names both places.
    private mutating func name(of node: DocumentNode, orType type: DocumentNode?, at path: DocumentPath) -> String? {
        let given = node["name"]
        guard let node = given ?? type else { return nil }
        let path = path.member(given == nil ? "type" : "name")
        guard case .text(let name) = reader.value(node, .text, at: path, isSecret: false)?.value else { return nil }
        if let problem = PipelineSettings.nameProblem(name), given != nil {
            reader.tell(problem, at: node.place, path, found: node.found(isSecret: false))
            return nil
        }
        if let first = names[name] {
            reader.tell(
                "two stages of one name", at: node.place, path,
                found: "\(node.found(isSecret: false)), the name of the stage at \(first) too",
                allowed: "a \"name\" of its own for one of them; a stage without one is named by its type")
            return nil
        }
        names[name] = node.place
        return name
    }

    private mutating func tellUnknown(
        _ type: String, _ kind: StageKind, at node: DocumentNode, _ path: DocumentPath
    ) {
        let found = node.found(isSecret: false)
        let elsewhere = StageKind.inOrder.filter { registry.definition(type, $0) != nil }
        guard !elsewhere.isEmpty else {
            reader.tell(
                "unknown type of \(kind)", at: node.place, path, found: found, allowed: types(of: kind),
                nearest: NearestName.nearest(to: type, among: typeNames(of: kind)))
            return
        }
        let places = elsewhere.map { "under \"\($0.member)\" as a \($0)" }
        reader.tell(
            "a stage where it cannot stand", at: node.place, path, found: "\(found) under \"\(kind.member)\"",
            allowed: "it \(SettingForm.alternatives(places)); as a \(kind) \(types(of: kind))")
    }
}
