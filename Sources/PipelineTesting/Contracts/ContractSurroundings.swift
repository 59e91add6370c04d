public import Pipeline

/// The surroundings that contracts give a stage.
struct ContractSurroundings: Sendable {
    let clock: any PipelineClock
    let log = CollectingLog()
    let stops = Watched<[StopReason]>([])

    func stage(_ name: String) -> StageContext {
        StageContext(
            name: name, pipeline: "contract", log: log.log.child(name), clock: clock,
            stop: { [stops] reason in stops.update { $0.append(reason) } })
    }
}

extension Batch {
    /// Batches for stages that read fields: JSON objects with those fields, claims with holes, a claim alone, a dead
    /// record, two partitions.
    /// - Parameters:
    ///   - needs: fields that every record has.
    ///   - stream: the stream.
    public static func samples(
        for needs: [FieldNeed] = [], stream: StreamIdentity = .sample
    ) -> [Batch] {
        var withDead = Batch.sample((9..<12).map { object(needs, $0) }, from: 9, stream: stream)
        withDead.reject(stage: "before") { $0.offset == 10 ? "rejected by an earlier stage" : nil }
        return [
            .sample((0..<4).map { object(needs, $0) }, from: 0, stream: stream),
            .sample((0..<3).map { object(needs, $0) }, partition: 1, from: 100, stream: stream),
            .sample((4..<6).map { object(needs, $0) }, from: 4, to: 8, stream: stream),
            Batch(stream: stream, claims: [Claim(partition: 0, from: 8, to: 9)]),
            withDead,
            .sample((3..<4).map { object(needs, $0) }, partition: 1, from: 103, stream: stream),
        ]
    }

    private static func object(_ needs: [FieldNeed], _ number: Int) -> String {
        var members = [#""number":\#(number)"#]
        for need in needs where need.name != "number" {
            let value =
                switch need.type {
                case .text, nil: #""text \#(number)""#
                case .real: "\(number).25"
                case .integer: "\(number)"
                case .boolean: number.isMultiple(of: 2) ? "true" : "false"
                }
            members.append(#""\#(need.name)":\#(value)"#)
        }
        return "{\(members.joined(separator: ","))}"
    }
}

/// Has the runtime prepare batches for a stage that reads fields, as it would in a pipeline.
/// - Returns: the batches as the stage would be given them.
func prepare(_ batches: [Batch], for fields: [FieldNeed]) async -> [Batch] {
    let prepared = Watched<[Batch]>([])
    let parts = PipelineParts(
        name: "contract",
        source: NamedStage(
            name: "source", type: "scripted", stage: ScriptedSource(batches.map { .batch($0) } + [.end])),
        transforms: [NamedStage(name: "tap", type: "tap", stage: Tap(fields: fields, prepared: prepared))],
        sinks: [.init(NamedStage(name: "sink", type: "recording", stage: RecordingSink()))],
        deadLetters: "sink", deadShareLimit: 1)
    _ = await PipelineRun(parts, clock: SystemClock(), log: .none).run()
    return prepared.value
}

/// Notes the batches that pass.
private actor Tap: Transform {
    nonisolated let fields: [FieldNeed]
    private let prepared: Watched<[Batch]>

    init(fields: [FieldNeed], prepared: Watched<[Batch]>) {
        self.fields = fields
        self.prepared = prepared
    }

    func process(_ batch: Batch, emitter: Emitter) async throws {
        prepared.update { $0.append(batch) }
        try await emitter.send(batch)
    }
}
