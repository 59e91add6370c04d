/// Parses and checks fields in front of one stage.
struct FieldStep: Sendable {
    func apply(_ batch: inout Batch) {}
}

struct FieldSteps {
    var transforms: [FieldStep?]
    var sinks: FieldStep?
    init(_ parts: PipelineParts) {
        transforms = parts.transforms.map { _ in nil }
        sinks = nil
    }
}
