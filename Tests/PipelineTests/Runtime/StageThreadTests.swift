import Glibc
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

    @Test("a sink that prefers one thread is called from one, its own or the pace's", arguments: [false, true])
    func oneThread(isPaced: Bool) async throws {
        let threads = Watched<[String: Set<UInt>]>([:])
        let note: @Sendable (String) -> Void = { caller in
            threads.update { _ = $0[caller, default: []].insert(UInt(pthread_self())) }
        }
        // The pool might happen to call from one thread as well, but without an executor.
        let onExecutor = Watched<Set<Bool>>([])
        let sink = FaithfulSink {
            note("sink")
            onExecutor.update { _ = $0.insert(withUnsafeCurrentTask { $0?.unownedTaskExecutor != nil }) }
        }
        let pace = ClosureTransform(demanding: { downstream in
            note("pace")
            return .records(min(3, downstream))
        })
        let report = await laboratory.pipeline(
            ScriptedSource(Array(repeating: .records(3), count: 200) + [.end]), isPaced ? [pace] : [], sinks: [sink]
        ).run()
        report.expectBalance()
        #expect(report.records == 600)
        #expect(onExecutor.value == [true])
        #expect(threads.value["sink"]?.count == 1)
        #expect(!isPaced || threads.value["sink"] == threads.value["pace"])
    }
}

/// Notes each write, and asks for one thread without having it.
private actor FaithfulSink: Sink {
    nonisolated let prefersOneThread = true
    private let note: @Sendable () -> Void

    init(note: @escaping @Sendable () -> Void) {
        self.note = note
    }

    func open(_ context: SinkContext) async throws {}

    func write(_ batch: Batch, receipt: Receipt) async throws {
        note()
        receipt.acknowledge()
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
