/// What happens to a batch's fields in front of a stage, or of all sinks: parsed where they are first needed, checked
/// where they are required.
struct FieldStep: Sendable {
    fileprivate var parser: FieldParser?
    fileprivate var requirements: [FieldRequirements]

    func apply(_ batch: inout Batch) {
        parser?.parse(&batch)
        for requirement in requirements { requirement.apply(&batch) }
    }
}

/// The field steps of a pipeline: one parser, in front of the first stage that needs any field, for the union of what all
/// stages need.
struct FieldSteps {
    /// One for each transform, nil where nothing is to be done.
    private(set) var transforms: [FieldStep?] = []
    /// The one in front of all sinks.
    private(set) var sinks: FieldStep?

    init(_ parts: PipelineParts) {
        let sinks = parts.sinks.map { (name: $0.sink.name, fields: $0.sink.stage.fields) }
        var names: [String] = []
        for need in parts.transforms.flatMap(\.stage.fields) + sinks.flatMap(\.fields) where !names.contains(need.name)
        {
            names.append(need.name)
        }
        var isParsed = false
        func step(_ stages: [(name: String, fields: [FieldNeed])]) -> FieldStep? {
            let readers = stages.filter { !$0.fields.isEmpty }
            // What is no object is rejected in the name of one that cannot do without, not of one that only looks.
            let demanding = readers.first { $0.fields.contains(where: \.isRequired) }
            guard let reader = demanding ?? readers.first else { return nil }
            let parser = isParsed ? nil : FieldParser(stage: reader.name, names: names)
            isParsed = true
            let requirements = stages.compactMap { FieldRequirements(stage: $0.name, needs: $0.fields) }
            return FieldStep(parser: parser, requirements: requirements)
        }
        transforms = parts.transforms.map { step([($0.name, $0.stage.fields)]) }
        self.sinks = step(sinks)
    }
}
