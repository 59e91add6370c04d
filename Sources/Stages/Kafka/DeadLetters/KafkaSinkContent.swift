internal import Pipeline

/// What a kafka sink writes.
///
/// One or the other, and not both as a file may: a consumer of the topic would have to tell letters from records, which
/// only their headers do.
enum KafkaSinkContent: String, Sendable, CaseIterable {
    /// The records; dead ones are left to their place.
    case records
    /// The dead letters alone: the sink is the pipeline's place for them.
    case deadLetters = "dead-letters"

    static let setting = Setting<KafkaSinkContent>.choice(
        "content", default: .records,
        "What is written: the records; or the dead letters alone, each the record as it was, with headers that say why."
    )
}
