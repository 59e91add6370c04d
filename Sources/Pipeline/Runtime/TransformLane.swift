/// One transform with what belongs to it: the channel in front of it and its ledger.
final class TransformLane: Sendable {
    /// Index among the stages: 1 stands behind the source.
    let index: Int
    let name: String
    let type: String
    let transform: any Transform
    let input: Channel<Batch>
    let ledger = StageLedger()
    let fields: FieldStep?

    init(index: Int, part: NamedStage<any Transform>, memory: Int, fields: FieldStep?) {
        self.index = index
        name = part.name
        type = part.type
        transform = part.stage
        input = Channel(byteLimit: memory)
        self.fields = fields
    }
}
