import Pipeline
import PipelineTesting
import Testing

@Suite("Stages with threads of their own", .timeLimit(.minutes(1)))
struct StageThreadTests {
    let laboratory = Laboratory()

    @Test("the loop of a sink with a thread of its own runs there, with a pace too", arguments: [false, true])
    func loop(isPaced: Bool) async throws {
        let sink = ThreadedSink()
        let pace = ClosureTransform(demanding: { .records(min(3, $0)) })
        let report = await laboratory.pipeline(
            ScriptedSource([.records(30), .end]), isPaced ? [pace] : [], sinks: [sink]
        ).run()
        report.expectBalance()
        #expect(report.records == 30)
        #expect(sink.askedThere.value == [true])
    }
}

/// Notes where the runtime asks for its flush interval, which it does in the sink's loop, outside the actor.
private actor ThreadedSink: Sink {
    nonisolated let askedThere = Watched<Set<Bool?>>([])
    private nonisolated let executor = ThreadExecutor(name: "test sink")

    nonisolated var thread: ThreadExecutor? { executor }
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated var flushInterval: Duration? {
        askedThere.update { $0.insert(executor.isIsolatingCurrentContext()) }
        return nil
    }

    deinit { executor.stop() }

    func open(_ context: SinkContext) async throws {}

    func write(_ batch: Batch, receipt: Receipt) async throws {
        receipt.acknowledge()
    }
}
