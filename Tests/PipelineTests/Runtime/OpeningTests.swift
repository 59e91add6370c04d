import Pipeline
import PipelineTesting
import Testing

@Suite("Opening and closing", .timeLimit(.minutes(1)))
struct OpeningTests {
    let laboratory = Laboratory()
    let order = Watched<[String]>([])

    func sink(_ name: String, failingAt failing: String? = nil) -> RecordingSink {
        RecordingSink { [order] call in
            let word: String
            switch call {
            case .open: word = "open \(name)"
            case .start: word = "start \(name)"
            case .close: word = "close \(name)"
            case .write, .flush: return
            }
            order.update { $0.append(word) }
            if word == failing { throw PipelineError.lasting }
        }
    }

    var transform: ClosureTransform {
        ClosureTransform(
            opening: { [order] _ in order.update { $0.append("open t1") } },
            closing: { [order] in order.update { $0.append("close t1") } })
    }

    @Test("sinks open first, the source last, and all close in reverse")
    func success() async throws {
        let source = ScriptedSource([.records(1), .end])
        let report = await laboratory.pipeline(source, [transform], sinks: [sink("a"), sink("b")]).run()
        #expect(report.outcome == .completed)
        #expect(
            order.value == ["open a", "open b", "open t1", "start a", "start b", "close t1", "close b", "close a"])
    }

    @Test("a stage that fails to open is closed, and all before it in reverse order")
    func failure() async throws {
        let source = ScriptedSource([.records(1)], openError: .lasting)
        let report = await laboratory.pipeline(source, [transform], sinks: [sink("a"), sink("b")]).run()
        #expect(report.outcome == .failed)
        #expect(report.error?.place == "source")
        #expect(order.value == ["open a", "open b", "open t1", "close t1", "close b", "close a"])
        #expect(source.heard.value.closed == 1)
        #expect(source.heard.value.asked == [])
        report.expectBalance()
    }

    @Test("a stage behind the one that fails to open is neither opened nor closed")
    func early() async throws {
        let source = ScriptedSource([.records(1)])
        let report = await laboratory.pipeline(
            source, [transform], sinks: [sink("a", failingAt: "open a"), sink("b")]
        ).run()
        #expect(report.error?.place == "a")
        #expect(order.value == ["open a", "close a"])
        #expect(source.heard.value.opened == 0)
        #expect(source.heard.value.closed == 0)
    }

    @Test("an error of start names the stage that failed to start")
    func startFails() async throws {
        let source = ScriptedSource([.records(1)])
        let report = await laboratory.pipeline(source, sinks: [sink("a"), sink("b", failingAt: "start b")]).run()
        #expect(report.error?.place == "b")
        #expect(source.heard.value.asked == [])
        #expect(order.value.suffix(2) == ["close b", "close a"])
    }

    @Test("a stop while stages open ends the opening, and nothing flows")
    func stopWhileOpening() async throws {
        let isOpening = Watched(false)
        let slow = RecordingSink { call in
            guard case .open = call else { return }
            isOpening.open()
            try await Watched(false).pass()
        }
        let source = ScriptedSource([.records(1)])
        let pipeline = laboratory.pipeline(source, sinks: [sink("a"), slow])
        async let running = pipeline.run()
        try await isOpening.pass()
        pipeline.requestStop(.interrupted)
        let report = await running
        #expect(report.outcome == .interrupted)
        #expect(report.error == nil)
        #expect(source.heard.value.opened == 0)
        #expect(slow.recording.value.closed == 1)
        #expect(order.value == ["open a", "close a"])
    }

    @Test("a stop before the run opens nothing for long")
    func stopBefore() async throws {
        let source = ScriptedSource([.records(1)])
        let pipeline = laboratory.pipeline(source, sinks: [sink("a")])
        pipeline.requestStop(.interrupted)
        let report = await pipeline.run()
        #expect(report.outcome == .interrupted)
        #expect(source.heard.value.asked == [])
        #expect(order.value.filter { $0.hasPrefix("open") }.count == order.value.filter { $0.hasPrefix("close") }.count)
    }

    @Test("a finished pipeline keeps no stage alive, not even one that keeps its context and receipts")
    func retention() async throws {
        weak var left: HoardingSink?
        do {
            let sink = HoardingSink()
            left = sink
            let report = await laboratory.pipeline(ScriptedSource([.records(5), .records(5), .end]), sinks: [sink])
                .run()
            #expect(report.records == 10)
        }
        #expect(left == nil)
    }
}

/// Keeps all it is given.
private actor HoardingSink: Sink {
    private var context: SinkContext?
    private var receipts: [Receipt] = []

    func open(_ context: SinkContext) async throws { self.context = context }

    func write(_ batch: Batch, receipt: Receipt) async throws {
        receipts.append(receipt)
        receipt.acknowledge()
    }
}
