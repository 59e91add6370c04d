extension ValueReader {
    /// Reads a value with parts: lists, objects, alternatives.
    mutating func parts(
        _ node: DocumentNode, _ form: SettingForm, at path: DocumentPath, isSecret: Bool
    ) -> ReadValue? {
        if case .either(let forms) = form { return either(node, form, forms, at: path, isSecret: isSecret) }
        let node = withoutText(node, form, at: path)
        switch form {
        case .list(let element, let minimum):
            guard let elements = node.elements else { break }
            return list(elements, element, minimum, node, form, at: path, isSecret: isSecret)
        case .words:
            guard let elements = node.elements else { break }
            return list(elements, .text, 0, node, form, at: path, isSecret: isSecret)
        case .object(let settings):
            guard node.members != nil else { break }
            return self.settings(settings, of: node, at: path, isSecret: isSecret).map {
                ReadValue(value: .object($0.values), parts: $0.effective)
            }
        case .map(let value):
            guard let members = node.members else { break }
            return map(members, value, at: path, isSecret: isSecret)
        default:
            break
        }
        if case .mistaken = node.content { return nil }
        tell([], node, form, at: path, isSecret)
        return nil
    }

    private mutating func list(
        _ elements: [DocumentNode], _ element: SettingForm, _ minimum: Int, _ node: DocumentNode, _ form: SettingForm,
        at path: DocumentPath, isSecret: Bool
    ) -> ReadValue? {
        let reads = elements.enumerated().map { value($1, element, at: path.element($0), isSecret: isSecret) }
        guard reads.count >= minimum else {
            tell(
                "too short a list", at: node.place, path, found: "\(reads.count) of at least \(minimum)",
                allowed: form.allowed)
            return nil
        }
        let whole = reads.compactMap(\.self)
        guard whole.count == reads.count else { return nil }
        return ReadValue(value: .list(whole.map(\.value)), holdsSecret: whole.contains(where: \.hasSecret))
    }

    private mutating func map(
        _ members: [DocumentMember], _ form: SettingForm, at path: DocumentPath, isSecret: Bool
    ) -> ReadValue? {
        var values: [String: SettingValue] = [:]
        var parts: [EffectiveSetting] = []
        for member in members {
            let isSecret = isSecret || SecretName.isLikely(member.name)
            guard let read = value(member.value, form, at: path.member(member.name), isSecret: isSecret) else {
                continue
            }
            values[member.name] = read.value
            parts += read.settings(named: member.name, of: member.value, isSecret: isSecret)
        }
        return ReadValue(value: .object(values), parts: parts, isPartial: values.count < members.count)
    }

    /// The first alternative that fits. If none does, one mistake names them all, unless the value is a list or object
    /// and one alternative alone is of that shape: then what is wrong inside it says more.
    private mutating func either(
        _ node: DocumentNode, _ form: SettingForm, _ forms: [SettingForm], at path: DocumentPath, isSecret: Bool
    ) -> ReadValue? {
        var inside: [[DefinitionMistake]] = []
        for alternative in forms {
            var attempt = ValueReader()
            if let read = attempt.value(node, alternative, at: path, isSecret: isSecret) { return read }
            if alternative.takesShape(of: node) { inside.append(attempt.mistakes) }
        }
        if inside.count == 1 {
            tell(inside[0])
        } else {
            tell(
                form.alternatives.compactMap { ScalarConversion(node.content, $0) }, node, form, at: path, isSecret)
        }
        return nil
    }

    /// A list or object that a variable or an override gives as text: as JSON, or a list with commas. ``SettingForm/words``
    /// takes commas from the file as well.
    private mutating func withoutText(_ node: DocumentNode, _ form: SettingForm, at path: DocumentPath) -> DocumentNode
    {
        guard let text = node.text else { return node }
        var result = node
        let isUntyped = if case .untyped = node.content { true } else { false }
        switch form {
        case .list where isUntyped && !text.trimmed.hasPrefix("["),
            .words where !(isUntyped && text.trimmed.hasPrefix("[")):
            let words = text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
            let elements = words.map { word in
                var element = node
                element.content = isUntyped ? .untyped(word) : .text(word)
                return element
            }
            result.content = .list(words == [""] ? [] : elements)
        case .list where isUntyped, .words where isUntyped, .object where isUntyped, .map where isUntyped:
            let outcome = DocumentReader.read(text, origin: node.origin, at: path)
            tell(outcome.mistakes)
            result.content = outcome.mistakes.isEmpty ? outcome.root?.content ?? .mistaken([]) : .mistaken([])
        default:
            break
        }
        return result
    }

    /// A part of a value that a stage's declaration refuses.
    struct Cause {
        var problem: String
        var node: DocumentNode
        var place: Place
        var path: DocumentPath
        var isSecret = false
    }

    /// The parts of a list or map that have a problem each alone, so that every one is told at its own place; the value
    /// as a whole where none has.
    func causes(
        of problem: String, _ value: SettingValue, _ setting: any AnySetting, _ node: DocumentNode,
        _ path: DocumentPath
    ) -> [Cause] {
        var causes: [Cause] = []
        switch (setting.form, value) {
        case (.map, .object(let values)) where setting.problem(with: .object([:])) == nil:
            for member in node.members ?? [] {
                guard let value = values[member.name],
                    let problem = setting.problem(with: .object([member.name: value]))
                else { continue }
                causes.append(
                    Cause(
                        problem: problem, node: member.value, place: member.namePlace, path: path.member(member.name),
                        isSecret: SecretName.isLikely(member.name)))
            }
        case (.list, .list(let values)), (.words, .list(let values)):
            guard setting.problem(with: .list([])) == nil else { break }
            for (index, (element, value)) in zip(node.elements ?? [], values).enumerated() {
                guard let problem = setting.problem(with: .list([value])) else { continue }
                causes.append(
                    Cause(problem: problem, node: element, place: element.place, path: path.element(index)))
            }
        default:
            break
        }
        return causes.isEmpty ? [Cause(problem: problem, node: node, place: node.place, path: path)] : causes
    }
}

extension ValueReader.ReadValue {
    /// The settings it comes to under a name: one, or for an object those within.
    func settings(named name: String, of node: DocumentNode, isSecret: Bool) -> [EffectiveSetting] {
        guard parts.isEmpty else { return parts.map { $0.within(name) } }
        return [
            EffectiveSetting(
                name: name, value: value, origin: node.wholeOrigin, isSecret: isSecret || holdsSecret)
        ]
    }

    /// Whether anything in it must not be shown.
    fileprivate var hasSecret: Bool { holdsSecret || parts.contains(where: \.isSecret) }
}

extension SettingForm {
    /// The form itself, or of alternatives all, those within one another too.
    fileprivate var alternatives: [SettingForm] {
        if case .either(let forms) = self { forms.flatMap(\.alternatives) } else { [self] }
    }

    /// Whether a list is met with a list, an object with an object.
    fileprivate func takesShape(of node: DocumentNode) -> Bool {
        alternatives.contains { form in
            switch (form, node.content) {
            case (.list, .list), (.words, .list), (.object, .object), (.map, .object): true
            case (.list, .untyped(let text)), (.words, .untyped(let text)): text.trimmed.hasPrefix("[")
            case (.object, .untyped(let text)), (.map, .untyped(let text)): text.trimmed.hasPrefix("{")
            default: false
            }
        }
    }
}
