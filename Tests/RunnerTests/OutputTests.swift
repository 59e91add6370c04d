import Foundation
import Testing

@testable import Pipeline
@testable import Runner

@Suite("Output")
struct OutputTests {
    static func report() -> RunReport {
        var ledger = LedgerEntry()
        ledger.in = 12
        ledger.out = 10
        ledger.dead = 2
        return RunReport(
            pipeline: "a \"b\"", outcome: .timeToLive, elapsed: .milliseconds(5_250), flowing: .seconds(5), records: 10,
            bytes: 3_200, givenUp: 0, isBalanced: true, imbalance: nil, error: nil,
            stages: [
                StageReport(
                    name: "gate", type: "rate-gate", kind: .transform, ledger: ledger, bytes: 3_200, heldBack: nil,
                    measurements: [
                        Measurement("target_per_second", .number(2)),
                        Measurement(
                            "schedule_lag_ms", .object(["p50": .number(0.5), "p99": .number(1.25), "max": .number(9)])),
                    ])
            ])
    }

    @Test("the report in JSON is JSON, with the totals first and every stage's ledger")
    func json() throws {
        let text = ReportJSON.text(Self.report())
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["pipeline"] as? String == "a \"b\"")
        #expect(object["outcome"] as? String == "ttl")
        #expect(object["records_per_second"] as? Double == 2)
        #expect(object["elapsed_seconds"] as? Double == 5.25)
        #expect(object["target_per_second"] as? Double == 2)
        #expect((object["schedule_lag_ms"] as? [String: Double])?["p99"] == 1.25)
        let stage = try #require((object["stages"] as? [[String: Any]])?.first)
        #expect(stage["in"] as? Int == 12 && stage["dead"] as? Int == 2 && stage["pending"] as? Int == 0)
    }

    @Test("the members of a stage in the report are reserved, so that no measurement stands there a second time")
    func reserved() throws {
        var report = Self.report()
        report.stages[0].heldBack = .seconds(1)
        report.stages[0].measurements = []
        let text = ReportJSON.text(report)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let stage = try #require((object["stages"] as? [[String: Any]])?.first)
        #expect(Set(stage.keys) == Measurement.reservedNames)
    }

    @Test("the report for people says total, actual rate and elapsed time first")
    func text() {
        let lines = ReportText.text(Self.report()).split(separator: "\n")
        #expect(lines[0].hasSuffix("done, time to live is over"))
        #expect(lines[1].contains("total 10 records, actual rate 2.0/s of 2.0/s, elapsed 5.3 s"))
        #expect(lines[2].contains("p50 0.50 ms, p99 1.25 ms, max 9.00 ms"))
    }

    @Test("figures are grouped and rounded as people read them")
    func figures() {
        #expect(Figures.bytes(1_536) == "1.5 KiB")
        #expect(Figures.duration(.seconds(3_725)) == "62 min 5 s")
        #expect(Figures.rate(99.96) == "100.0")
        #expect(Figures.rate(2_000.4) == "2,000")
    }

    @Test("control characters never reach the terminal")
    func controls() {
        let writer = LogWriter(
            output: StandardError(), format: .text, minimum: .info, usesColour: false, clock: SystemClock())
        let entry = Log.Entry(level: .info, origin: "a", message: "x\u{1B}[2Jy", details: [.init("n", "\u{9B}1m\n")])
        #expect(writer.text(entry) == "a: x\\u{1b}[2Jy (n \\u{9b}1m\\n)")
    }

    @Test("a log line in JSON is JSON")
    func jsonLine() throws {
        let writer = LogWriter(
            output: StandardError(), format: .json, minimum: .info, usesColour: false, clock: SystemClock())
        let entry = Log.Entry(level: .warning, origin: "a/b", message: "m\"", details: [.init("n", "\u{7}")])
        let object = try JSONSerialization.jsonObject(with: Data(writer.json(entry).utf8)) as? [String: String]
        #expect(object?["level"] == "warning" && object?["origin"] == "a/b" && object?["message"] == "m\"")
        #expect(object?["n"] == "\u{7}")
    }

    @Test("a live line is cut to the terminal")
    func liveLine() {
        #expect(ProgressDisplay.fit("abc", columns: 80) == "abc")
        #expect(ProgressDisplay.fit(String(repeating: "x", count: 100), columns: 20).count < 20)
    }

    @Test("the rate on the live line follows the last second")
    func rate() {
        var meter = RateMeter()
        for step in 0..<20 { meter.note(step * 100, at: .milliseconds(step * 200)) }
        #expect(meter.perSecond == 500)
    }
}
