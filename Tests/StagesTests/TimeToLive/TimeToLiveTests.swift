import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import Stages

@Suite("The time to live")
struct TimeToLiveTests {
    private let clock = ManualClock()
    private let log = CollectingLog()
    private let stops = Watched<[Duration]>([])
    private var lines: [Log.Entry] { log.entries.value }

    private func started(after: Duration?) async throws -> TimeToLive {
        let stage = TimeToLive(after: after)
        try await stage.open(
            StageContext(
                name: "ttl", pipeline: "test", log: log.log, clock: clock,
                stop: { [stops, clock] reason in
                    #expect(reason == .timeToLive)
                    stops.update { $0.append(clock.now) }
                }))
        try await stage.start()
        return stage
    }

    @Test("the pipeline is stopped at its time, once, counted from the start", arguments: [0.05, 1, 90, 86_400])
    func stop(seconds: Double) async throws {
        clock.advance(by: .seconds(5))
        _ = try await started(after: .seconds(seconds))
        #expect(stops.value.isEmpty)
        clock.advance(by: .seconds(seconds) - .nanoseconds(1))
        #expect(stops.value.isEmpty)
        clock.advance(by: .seconds(100))
        #expect(stops.value == [.seconds(5) + .seconds(seconds)])
    }

    @Test("without an end nothing is scheduled, logged or shown")
    func never() async throws {
        let stage = try await started(after: nil)
        clock.advance(by: .seconds(1_000_000))
        #expect(stops.value.isEmpty)
        #expect(lines.isEmpty)
        #expect(stage.measurements.isEmpty)
    }

    @Test("closing takes the stop back")
    func close() async throws {
        let stage = try await started(after: .seconds(60))
        await stage.close()
        clock.advance(by: .seconds(120))
        #expect(stops.value.isEmpty)
        #expect(lines.count == 1)
    }

    @Test("remaining time and estimated stop count down, and stay at nothing left")
    func measurements() async throws {
        let stage = try await started(after: .seconds(90))
        let end = Timestamp(microseconds: clock.wallTime.microseconds + 90_000_000)
        let clockTime = TimeText.clockTime(end, withDate: false)
        #expect(stage.measurements.first?.live == "1 min 30 s left, stops \(clockTime)")
        clock.advance(by: .milliseconds(78_500))
        #expect(
            stage.measurements == [
                Measurement("remaining_seconds", .number(11.5), live: "12 s left, stops \(clockTime)"),
                Measurement("stops_at", .text(end.rfc3339)),
            ])
        clock.advance(by: .seconds(60))
        #expect(stage.measurements.first?.value == .number(0))
        #expect(stage.measurements.first?.live == "0 s left, stops \(clockTime)")
    }

    @Test(
        "the log has a handful of lines whatever the time",
        arguments: [
            (5, ["5.0 seconds"]), (30, ["30.0 seconds", "10 s"]), (60, ["60.0 seconds", "30 s", "10 s"]),
            (7_200, ["7200.0 seconds", "1 h", "10 s"]),
        ])
    func log(seconds: Int, times: [String]) async throws {
        _ = try await started(after: .seconds(seconds))
        clock.advance(by: .seconds(seconds * 2))
        #expect(lines.dropLast().map { $0.details[0].value } == times)
        #expect(lines.last?.message == "time to live is over")
        #expect(lines.allSatisfy { $0.level == .info })
    }

    @Test("a batch goes on as it came")
    func passing() async throws {
        let stage = try await started(after: .seconds(1))
        let sent = Mutex<[Batch]>([])
        let emitter = Emitter(send: { batch in sent.withLock { $0.append(batch) } }, drop: { _ in })
        let claim = Claim(partition: 3, from: 7, to: 9)
        try await stage.process(
            Batch(stream: StreamIdentity(cluster: "test", topic: "test"), claims: [claim]), emitter: emitter)
        #expect(sent.withLock { $0.map(\.claims) } == [[claim]])
        #expect(!stage.pacesDemand)
    }

    @Test(
        "durations read as people say them",
        arguments: [
            (0, "0 s"), (0.001, "1 s"), (59.2, "1 min"), (61, "1 min 1 s"), (3_599, "59 min 59 s"),
            (8_040, "2 h 14 min"),
            (90_000, "1 d 1 h"),
        ])
    func durations(seconds: Double, text: String) {
        #expect(TimeText.duration(.seconds(seconds)) == text)
    }

    @Test("the date stands before a stop that is more than a day away")
    func date() {
        let time = Timestamp(microseconds: 1_735_700_645_000_000)
        let clockTime = TimeText.clockTime(time, withDate: false)
        #expect(clockTime.wholeMatch(of: /\d\d:\d\d:05/) != nil)
        #expect(TimeText.clockTime(time, withDate: true).wholeMatch(of: /202[45]-\d\d-\d\d \d\d:\d\d:05/) != nil)
        #expect(TimeText.clockTime(time, withDate: true).hasSuffix(clockTime))
    }

    @Test("after is a duration or never")
    func definition() async throws {
        for (value, isShown) in [(SettingValue.text("never"), false), (.duration(.seconds(3)), true)] {
            guard case .transform(let stage) = try TimeToLive.definition.make("ttl", SettingValues(["after": value]))
            else {
                Issue.record("not a transform")
                return
            }
            try await stage.open(
                StageContext(name: "ttl", pipeline: "test", log: .none, clock: clock, stop: { _ in }))
            try await stage.start()
            #expect(stage.measurements.isEmpty != isShown)
        }
    }
}
