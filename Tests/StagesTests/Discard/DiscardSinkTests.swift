import Pipeline
import Stages
import Synchronization
import Testing

/// Receipts that a test gave out, and what came back.
final class Acknowledgements: Sendable {
    private let settled = Mutex<[[Rejection]]>([])

    var all: [[Rejection]] { settled.withLock { $0 } }
    var count: Int { all.count }

    func receipt() -> Receipt {
        Receipt { rejections in self.settled.withLock { $0.append(rejections) } }
    }
}

/// The surroundings of a sink under test.
func sinkContext(
    takesDeadLetters: Bool = false, log: Log = .none, stop: @escaping @Sendable (StopReason) -> Void = { _ in }
) -> SinkContext {
    SinkContext(
        stage: StageContext(name: "sink", pipeline: "test", log: log, clock: SystemClock(), stop: stop),
        takesDeadLetters: takesDeadLetters, barrier: { _ in }, failure: { _ in })
}

@Suite struct DiscardSinkTests {
    @Test("every batch is acknowledged at once and counted, dead letters where they belong here")
    func counts() async throws {
        let acknowledgements = Acknowledgements()
        let sink = DiscardSink()
        await sink.open(sinkContext(takesDeadLetters: true))
        var batch = parsedBatch([["a": "12345"], ["a": "67"], ["a": "890"]])
        batch.reject(stage: "test") { $0.offset == 1 ? "no reason" : nil }
        await sink.write(batch, receipt: acknowledgements.receipt())
        await sink.write(
            Batch(stream: batch.stream, claims: [Claim(partition: 0, from: 3, to: 9)]),
            receipt: acknowledgements.receipt())
        #expect(acknowledgements.all == [[], []])
        #expect(
            sink.measurements.map(\.value) == [.integer(2), .integer(8), .integer(1)])
    }
}
