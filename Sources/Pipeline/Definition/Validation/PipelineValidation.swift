/// Checks one document against the registry: structure, stages, and what stages mean to one another.
struct PipelineValidation {
    let file: String
    let registry: StageRegistry
    /// Reads values and keeps the mistakes.
    var reader = ValueReader()
    /// Where each stage's name was first met.
    var names: [String: Place] = [:]

    /// Makes a validation.
    /// - Parameters:
    ///   - file: the file as it was named.
    ///   - registry: the stage types there are.
    init(file: String, registry: StageRegistry) {
        self.file = file
        self.registry = registry
    }

    /// Checks a document.
    /// - Returns: the definition, or nil if `reader` has any mistake.
    mutating func definition(of root: DocumentNode) -> PipelineDefinition? {
        guard root.members != nil else {
            reader.tell(
                "wrong type", at: root.place, .root, found: root.found(isSecret: false), allowed: "one JSON object")
            return nil
        }
        let whole = reader.settings(
            PipelineSettings.declared(name: PipelineSettings.name(ofFile: file)), of: root, at: .root,
            besides: StageKind.inOrder.map(\.member))
        let source = source(of: root)
        let transforms = list(.transform, of: root)
        let sinks = list(.sink, of: root)
        checkOwners(source, sinks)
        checkReplay(source, sinks)
        let deadLetters = checkDeadLetters(of: root, sinks)
        checkIdlePlaces(root["dead_letters"]?.text, sinks)
        guard reader.mistakes.isEmpty, let whole, let source else { return nil }
        let values = SettingValues(whole.values)
        return PipelineDefinition(
            file: file, name: values[PipelineSettings.name(default: nil)],
            namePlace: root["name"]?.place ?? Place(file, line: 1, column: 1), source: source,
            transforms: transforms.compactMap(\.self), sinks: sinks.compactMap(\.self), deadLetters: deadLetters,
            deadShareLimit: values[PipelineSettings.deadShareLimit], memory: values[PipelineSettings.memory],
            drainTimeout: values[PipelineSettings.drainTimeout], http: values[HTTPSettings.setting],
            settings: whole.effective)
    }

    private mutating func source(of root: DocumentNode) -> PipelineDefinition.Stage? {
        let path = DocumentPath.root.member("source")
        guard let node = root["source"] else {
            reader.tell(
                "no source", at: root.place, path, found: "no \"source\"",
                allowed: "an object whose \"type\" is \(types(of: .source))")
            return nil
        }
        return stage(node, .source, at: path)
    }

    /// The stages under `stages` or `sinks`; nil for one with a mistake.
    private mutating func list(_ kind: StageKind, of root: DocumentNode) -> [PipelineDefinition.Stage?] {
        let path = DocumentPath.root.member(kind.member)
        let node = root[kind.member]
        if let node, node.elements == nil {
            if case .mistaken = node.content { return [] }
            reader.tell(
                "wrong type", at: node.place, path, found: node.found(isSecret: false),
                allowed: "a list of \(kind)s")
            return []
        }
        let elements = node?.elements ?? []
        if kind == .sink, elements.isEmpty {
            reader.tell(
                "no sink", at: node?.place ?? root.place, path, found: node == nil ? "no \"sinks\"" : "an empty list",
                allowed: "a list of at least one, each \"type\" \(types(of: .sink))")
        }
        return elements.enumerated().map { stage($1, kind, at: path.element($0)) }
    }

    /// A sink that keeps the positions itself must be asked where to start; under a group the broker says it, and only one
    /// sink can tell the broker.
    private mutating func checkOwners(_ source: PipelineDefinition.Stage?, _ sinks: [PipelineDefinition.Stage?]) {
        guard let source, source.traits.isGroupMember else { return }
        var committer: String?
        for (index, sink) in sinks.enumerated() {
            guard let sink, sink.traits.ownsPositions else { continue }
            let path = DocumentPath.root.member("sinks").element(index)
            if !sink.traits.commitsForGroups {
                reader.tell(
                    "an owner under a group", at: sink.place, path,
                    found: "the sink \"\(sink.name)\", which keeps the positions itself, under the source "
                        + "\"\(source.name)\" (\(source.place)), whose group keeps them",
                    allowed: "a source with its partitions assigned in the file, or sinks that own no positions")
            } else if let committer {
                reader.tell(
                    "two that commit for a group", at: sink.place, path,
                    found: "the sink \"\(sink.name)\" beside \"\(committer)\" under the source \"\(source.name)\" "
                        + "(\(source.place)): a group has one position a partition",
                    allowed: "one such sink, or a source with its partitions assigned in the file")
            } else {
                committer = sink.name
            }
        }
    }

    /// What a crash loses for good cannot be delivered exactly once, whatever the sink does.
    private mutating func checkReplay(_ source: PipelineDefinition.Stage?, _ sinks: [PipelineDefinition.Stage?]) {
        guard let source, !source.traits.isReplayable else { return }
        for (index, sink) in sinks.enumerated() {
            guard let sink, sink.traits.needsReplay else { continue }
            reader.tell(
                "an input that cannot be read again", at: sink.place, DocumentPath.root.member("sinks").element(index),
                found: "the sink \"\(sink.name)\", which delivers exactly once, behind the source "
                    + "\"\(source.name)\" (\(source.place)), whose records a crash loses",
                allowed: "a source that can be read again, such as a regular file, or delivery at least once")
        }
    }

    private mutating func checkDeadLetters(of root: DocumentNode, _ sinks: [PipelineDefinition.Stage?]) -> String? {
        guard let node = root["dead_letters"], let name = node.text, !name.isEmpty else { return nil }
        let known = sinks.compactMap(\.self)
        if known.contains(where: { $0.name == name && $0.traits.takesDeadLetters }) { return name }
        // What a sink with a mistake takes is not known before it is mended.
        let unknown = zip(root["sinks"]?.elements ?? [], sinks).compactMap { $1 == nil ? $0.stageName : nil }
        guard !unknown.contains(name) else { return nil }
        let able = known.filter(\.traits.takesDeadLetters).map(\.name) + unknown
        reader.tell(
            "no place for dead letters", at: node.place, DocumentPath.root.member("dead_letters"),
            found: node.found(isSecret: false),
            allowed: able.isEmpty
                ? "the name of a sink that takes dead letters; none here does"
                : "the name of a sink that takes dead letters: "
                    + SettingForm.alternatives(able.map(QuotedText.quoted)),
            nearest: NearestName.nearest(to: name, among: able))
        return nil
    }

    /// A sink for dead letters alone to which none come would stay empty and look as if there were none.
    private mutating func checkIdlePlaces(_ place: String?, _ sinks: [PipelineDefinition.Stage?]) {
        for (index, sink) in sinks.enumerated() {
            guard let sink, sink.traits.takesOnlyDeadLetters, sink.name != place else { continue }
            reader.tell(
                "a place for dead letters to which none come", at: sink.place,
                DocumentPath.root.member("sinks").element(index),
                found: "the sink \(QuotedText.quoted(sink.name)), which writes dead letters alone",
                allowed: "\"dead_letters\": \(QuotedText.quoted(sink.name)), or a sink that writes records")
        }
    }

    /// The types of a kind, as alternatives.
    func types(of kind: StageKind) -> String {
        SettingForm.alternatives(typeNames(of: kind).map(QuotedText.quoted))
    }

    func typeNames(of kind: StageKind) -> [String] {
        registry.definitions.filter { $0.kind == kind }.map(\.type)
    }
}
