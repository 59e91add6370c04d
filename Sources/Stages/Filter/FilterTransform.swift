public import Pipeline

/// Passes records on or leaves them out by what stands in their fields.
///
/// Without a condition in force it reads no field, so nothing is parsed for its sake.
public actor FilterTransform: Transform {
    /// The declaration of the stage type.
    public static let definition = StageDefinition(
        .transform, "filter", summary: "Keeps or drops records by the fields of their JSON object.",
        settings: FilterSettings.all,
        example: """
            { "type": "filter",
              "keep": { "status_code": { "any_of": "${STATUS_FILTER:-}" }, "amount": { "from": 100, "to": 500 } },
              "drop": { "currency": { "any_of": ["JPY"] } },
              "missing": "dead" }
            """,
        problems: FilterSettings.problems,
        make: { name, values in
            .transform(
                FilterTransform(
                    name: name,
                    matcher: RecordMatcher(keep: values[FilterSettings.keep], drop: values[FilterSettings.drop]),
                    missing: values[FilterSettings.missing]))
        })

    /// The tested fields. None is required: what a missing one means is the setting `missing`.
    public nonisolated let fields: [FieldNeed]

    private let name: String
    private let matcher: RecordMatcher
    private let missing: FilterSettings.Missing

    init(name: String, matcher: RecordMatcher, missing: FilterSettings.Missing) {
        self.name = name
        self.matcher = matcher
        self.missing = missing
        fields = matcher.fields.map { FieldNeed($0, isRequired: false) }
    }

    /// Sends on what passes; the claims go on whole, also with no record left.
    public func process(_ batch: Batch, emitter: Emitter) async throws {
        guard !matcher.isEmpty, !batch.records.isEmpty else { return try await emitter.send(batch) }
        var kept: [Record] = []
        kept.reserveCapacity(batch.records.count)
        var openRecords: [Record] = []
        matcher.decide(batch) { index, outcome in
            switch outcome {
            case .passes: kept.append(batch.records[index])
            case .dropped: break
            case .open:
                if missing != .drop { kept.append(batch.records[index]) }
                if missing == .dead { openRecords.append(batch.records[index]) }
            }
        }
        let dropped = batch.records.count - kept.count
        var result = batch
        if dropped > 0 { result.records = kept }
        if !openRecords.isEmpty { rejectOpen(openRecords, in: &result) }
        try await emitter.send(result)
        // Told after the batch has gone on: one that is cut off here comes again, with what it would have dropped.
        if dropped > 0 { emitter.drop(dropped) }
    }

    private func rejectOpen(_ openRecords: [Record], in batch: inout Batch) {
        let parsed = batch
        var rest = openRecords[...]
        batch.reject(stage: name) { record in
            guard record == rest.first else { return nil }
            rest.removeFirst()
            let field = matcher.openField(of: record, in: parsed) ?? ""
            return "the field \"\(field)\" is missing, null, or of a type that the filter cannot compare"
        }
    }
}
