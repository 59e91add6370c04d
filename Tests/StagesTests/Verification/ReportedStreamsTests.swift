import Foundation
import Pipeline
import Stages
import Testing

@Suite struct ReportedStreamsTests {
    private func report(_ stream: String, outcome: String = "ttl", dropped: Int = 0, givenUp: Int = 0) -> String {
        """
        {"pipeline": "produce", "outcome": "\(outcome)", "records": 70, "given_up": \(givenUp), "stages": [
          {"name": "generator", "type": "generator", "in": 80, "dropped": 0, "dead": 0\(stream)},
          {"name": "filter", "type": "filter", "in": 80, "dropped": \(dropped), "dead": 0},
          {"name": "kafka", "type": "kafka", "in": 80, "dropped": 0, "dead": 0}]}
        """
    }

    private let stream = """
        , "stream": {"seed": 5, "first": 30, "clock": "schedule", "start": "2026-01-01T00:00:00.000000Z", "step_us": 7,
        "shard": 2, "atms": 9, "wander": "true",
        "status_code": {"SUCCESS": "0.1", "FAILED": "0.30000000000000004", "TIMEOUT": "0.0", "INSUFFICIENT_FUNDS": "1.0",
        "CARD_BLOCKED": "1e-09"},
        "transaction_type": {"WITHDRAWAL": "1.0", "BALANCE_INQUIRY": "0.0", "DEPOSIT": "2.0", "TRANSFER": "3.0"}}
        """

    private let expected = StreamExpectation(
        settings: TransactionSettings(
            seed: 5, start: Timestamp(microseconds: 1_767_225_600_000_000), stepMicroseconds: 7, shard: 2, atms: 9,
            statusWeights: [0.1, 0.30000000000000004, 0, 1, 1e-9], typeWeights: [1, 0, 2, 3], wander: true),
        indices: 30..<100, clock: .schedule)

    @Test("the stream is read with every setting, to the last bit")
    func all() throws {
        let folder = try TemporaryFolder()
        #expect(try ReportedStreams.read(folder.file("one.json", report(stream))) == [expected])
        let two = "\n [" + report(stream) + "," + report("") + "," + report(stream) + "]"
        #expect(try ReportedStreams.read(folder.file("two.json", two)) == [expected, expected])
    }

    @Test("a report that does not say what was delivered is refused")
    func refusals() throws {
        let folder = try TemporaryFolder()
        let bad = [
            ("{}", "no report"), ("", "no report"), ("[]", "no run"), (report(""), "no run"),
            (report(stream, outcome: "failed"), "ended before"), (report(stream, givenUp: 1), "ended before"),
            (report(stream, dropped: 3), "its stage filter left records out"),
            (report(stream.replacing("\"atms\": 9", with: "\"atms\": 0")), "none that a generator makes"),
            (report(stream.replacing("\"1e-09\"", with: "\"much\"")), "none that a generator makes"),
            (
                report(stream.replacing("\"first\": 30", with: "\"first\": 9223372036854775807")),
                "none that a generator"
            ),
            (report(stream.replacing("schedule", with: "sun")), "none that a generator makes"),
        ]
        for (index, (text, reason)) in bad.enumerated() {
            let path = try folder.file("\(index).json", text)
            let error = #expect(throws: PipelineError.self) { try ReportedStreams.read(path) }
            #expect(
                error?.code == .usage && error?.reason.contains(reason) == true,
                "\(index): \(String(describing: error))")
        }
        let error = #expect(throws: PipelineError.self) { try ReportedStreams.read(folder.path + "/none.json") }
        #expect(error?.code == .inputOutput)
    }
}
