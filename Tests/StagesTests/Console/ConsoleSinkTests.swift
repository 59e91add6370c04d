import Foundation
import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import Stages

/// A terminal or pipe that keeps what is written, and takes nothing while a test holds it.
private final class Screen: ConsoleOutput {
    let isTerminal: Bool
    private let state = Mutex((text: "", isHeld: false, failure: Descriptor.WriteFailure?.none))
    private let change = DispatchSemaphore(value: 0)

    init(isTerminal: Bool) {
        self.isTerminal = isTerminal
    }

    var text: String { state.withLock { $0.text } }
    var lines: [Substring] { text.split(separator: "\n") }

    func hold() { state.withLock { $0.isHeld = true } }
    func fail(_ failure: Descriptor.WriteFailure) { state.withLock { $0.failure = failure } }
    func release() {
        state.withLock { $0.isHeld = false }
        change.signal()
    }

    func write(_ bytes: [UInt8], isWanted: () -> Bool) throws(Descriptor.WriteFailure) {
        while state.withLock({ $0.isHeld }) {
            guard isWanted() else { throw .abandoned }
            _ = change.wait(timeout: .now() + 0.01)
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
        state.withLock { $0.text += String(decoding: bytes, as: UTF8.self) }
    }
}

@Suite struct ConsoleSinkTests {
    private let acknowledgements = Acknowledgements()
    private let reasons = Reasons()

    private final class Reasons: Sendable {
        let all = Mutex<[StopReason]>([])
    }

    private func open(
        _ screen: Screen, takesDeadLetters: Bool = false, clock: any PipelineClock = ManualClock(),
        _ change: (inout ConsoleSettings) -> Void = { _ in }
    ) async -> ConsoleSink {
        let sink = ConsoleSink(consoleSettings(change), output: screen, refusesColor: false)
        let reasons = reasons
        let stage = StageContext(
            name: "console", pipeline: "test", log: .none, clock: clock,
            stop: { reason in reasons.all.withLock { $0.append(reason) } })
        await sink.open(
            SinkContext(stage: stage, takesDeadLetters: takesDeadLetters, barrier: { _ in }, failure: { _ in }))
        await sink.start()
        return sink
    }

    private func batch(_ count: Int) -> Batch {
        parsedBatch(
            [[String: Member]](repeating: transaction(), count: count),
            columns: TransactionField.allCases.map(\.name))
    }

    /// Records shown, left out, and alerts.
    private func measured(_ sink: ConsoleSink) -> [Int64] {
        sink.measurements.map { if case .integer(let count) = $0.value { count } else { -1 } }
    }

    @Test("to a pipe everything is written, and statistics come after exactly every so many records")
    func pipe() async throws {
        let screen = Screen(isTerminal: false)
        let sink = await open(screen) { $0.statisticsInterval = 3 }
        try await sink.write(batch(2), receipt: acknowledgements.receipt())
        try await sink.write(batch(5), receipt: acknowledgements.receipt())
        await sink.close()
        let heads = screen.lines.map { $0.hasPrefix("──") ? String($0) : $0.hasPrefix("  14:") ? "line" : nil }
        #expect(
            heads.compactMap { $0 } == [
                "line", "line", "line", "── Statistics: 3 transactions ──", "line", "line", "line",
                "── Statistics: 6 transactions ──", "line", "── Final statistics: 7 transactions ──",
            ])
        #expect(acknowledgements.all == [[], []])
        #expect(measured(sink) == [7, 0, 0])
        #expect(!screen.text.contains("\u{1B}"))
    }

    @Test("a run without a record ends with its statistics, a run that never began without")
    func noRecords() async {
        let screen = Screen(isTerminal: false)
        await open(screen).close()
        #expect(screen.text.hasPrefix("── Final statistics: 0 transactions ──\n"))
        let other = Screen(isTerminal: false)
        let sink = ConsoleSink(ConsoleSettings(), output: other, refusesColor: false)
        await sink.open(sinkContext())
        await sink.close()
        #expect(other.text == "")
    }

    @Test("to a terminal a sample is shown, what is left out is told, and the statistics count all")
    func terminal() async throws {
        let screen = Screen(isTerminal: true)
        let sink = await open(screen) {
            $0.maximumPerSecond = 10
            $0.statisticsInterval = 0
        }
        try await sink.write(batch(500), receipt: acknowledgements.receipt())
        #expect(acknowledgements.count == 1)
        await sink.close()
        #expect(screen.lines.filter { $0.contains("14:03:22") }.count == 10)
        #expect(screen.text.contains("… 490 more not shown\n"))
        #expect(screen.text.contains("Final statistics: 500 transactions"))
        #expect(screen.text.contains("\u{1B}[32m"))
        #expect(measured(sink) == [10, 490, 0])
    }

    @Test("statistics in between come to a terminal at most once a second")
    func terminalStatistics() async throws {
        let screen = Screen(isTerminal: true)
        let clock = ManualClock()
        let sink = await open(screen, clock: clock) {
            $0.statisticsInterval = 10
            $0.color = .never
        }
        try await sink.write(batch(50), receipt: acknowledgements.receipt())
        clock.advance(by: .seconds(1))
        try await sink.write(batch(20), receipt: acknowledgements.receipt())
        await sink.close()
        let heads = screen.lines.filter { $0.contains("tatistics:") }.map { String($0.filter(\.isNumber)) }
        #expect(heads == ["10", "60", "70"])
    }

    @Test("a terminal that takes nothing holds nobody up: lines are left out, the statistics stay whole")
    func heldTerminal() async throws {
        let screen = Screen(isTerminal: true)
        screen.hold()
        let sink = await open(screen) {
            $0.maximumPerSecond = 0
            $0.statisticsInterval = 0
        }
        for _ in 0..<20 { try await sink.write(batch(1_000), receipt: acknowledgements.receipt()) }
        #expect(acknowledgements.count == 20)
        screen.release()
        await sink.close()
        let (shown, leftOut) = (measured(sink)[0], measured(sink)[1])
        #expect(shown > 0 && leftOut > 0 && shown + leftOut == 20_000)
        #expect(screen.lines.filter { $0.contains("14:03:22") }.count == shown)
        #expect(screen.text.contains("Final statistics: 20,000 transactions"))
    }

    @Test("a terminal that never takes anything is given up at the end")
    func deadTerminal() async throws {
        let screen = Screen(isTerminal: true)
        screen.hold()
        let sink = await open(screen)
        try await sink.write(batch(1), receipt: acknowledgements.receipt())
        let start = ContinuousClock.now
        await sink.close()
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(screen.text == "")
    }

    @Test("json to a pipe is nothing but the records")
    func json() async throws {
        let screen = Screen(isTerminal: false)
        let sink = await open(screen) {
            $0.format = .json
            $0.statisticsInterval = 1
        }
        try await sink.write(parsedBatch([["status_code": "FAILED"]]), receipt: acknowledgements.receipt())
        await sink.close()
        #expect(screen.text == "FAILED\n")
        #expect(measured(sink) == [1, 0, 1])
    }

    @Test("none shows statistics alone")
    func none() async throws {
        let screen = Screen(isTerminal: false)
        let sink = await open(screen) {
            $0.format = .none
            $0.statisticsInterval = 0
        }
        try await sink.write(batch(5), receipt: acknowledgements.receipt())
        #expect(screen.text == "")
        await sink.close()
        #expect(screen.text.hasPrefix("── Final statistics: 5 transactions ──\n"))
    }

    @Test("without statistics alerts are counted all the same, and nothing stands at the end")
    func alertsAlone() async throws {
        let screen = Screen(isTerminal: false)
        let sink = await open(screen) {
            $0.countsStatistics = false
            $0.statisticsInterval = 1
        }
        let rows = [transaction(["status_code": "TIMEOUT"]), transaction()]
        try await sink.write(
            parsedBatch(rows, columns: TransactionField.allCases.map(\.name)), receipt: acknowledgements.receipt())
        await sink.close()
        #expect(screen.lines.count == 2)
        #expect(measured(sink) == [2, 0, 1])
    }

    @Test("dead letters are shown where this is their place, and only there")
    func deadLetters() async throws {
        var mixed = batch(2)
        mixed.reject(stage: "filter") { $0.offset == 1 ? "no JSON" : nil }
        for takesDeadLetters in [true, false] {
            let screen = Screen(isTerminal: false)
            let sink = await open(screen, takesDeadLetters: takesDeadLetters) { $0.countsStatistics = false }
            try await sink.write(mixed, receipt: acknowledgements.receipt())
            await sink.close()
            #expect(screen.lines.count == (takesDeadLetters ? 2 : 1))
            #expect(screen.text.contains("rows partition 0 offset 1  filter: no JSON") == takesDeadLetters)
        }
    }

    @Test("a reader that goes away stops the pipeline cleanly, once, and batches are counted on")
    func readerGone() async throws {
        for isTerminal in [false, true] {
            let screen = Screen(isTerminal: isTerminal)
            screen.fail(.closed)
            let sink = await open(screen)
            try await sink.write(batch(1), receipt: acknowledgements.receipt())
            try await sink.write(batch(1), receipt: acknowledgements.receipt())
            await sink.close()
        }
        #expect(acknowledgements.count == 4)
        #expect(reasons.all.withLock { $0 } == [.endOfInput, .endOfInput])
    }

    @Test("an output that fails is an error that says why, and not one to try again")
    func failure() async throws {
        let screen = Screen(isTerminal: false)
        screen.fail(.refused(SystemFailure(code: ENOSPC), written: 0))
        let sink = await open(screen)
        let error = await #expect(throws: PipelineError.self) {
            try await sink.write(batch(1), receipt: acknowledgements.receipt())
        }
        #expect(error?.code == .inputOutput)
        #expect(error?.reason == "No space left on device")
        #expect(error?.isRetriable == false)
        await sink.close()
    }

    @Test("a pipe that takes nothing is waited for, until the run is cut off")
    func heldPipe() async throws {
        let screen = Screen(isTerminal: false)
        screen.hold()
        let sink = await open(screen)
        let writing = Task { try await sink.write(batch(1), receipt: acknowledgements.receipt()) }
        writing.cancel()
        await #expect(throws: CancellationError.self) { try await writing.value }
        #expect(acknowledgements.count == 0)
        screen.release()
        await sink.close()
    }

    @Test("only fields that are shown or counted are read, and none is required")
    func fields() {
        func names(_ change: (inout ConsoleSettings) -> Void) -> Set<String> {
            let fields = consoleSettings(change).fields
            #expect(fields.allSatisfy { !$0.isRequired && $0.type == nil })
            return Set(fields.map(\.name))
        }
        #expect(names { $0.format = .detailed }.count == 11)
        #expect(
            names { $0.format = .none } == ["status_code", "transaction_type", "region_id", "amount", "currency"])
        #expect(
            names {
                $0.format = .json
                $0.countsStatistics = false
            } == [])
        #expect(ConsoleSink.definition.traits(SettingValues([:])).isRequired == false)
    }
}
