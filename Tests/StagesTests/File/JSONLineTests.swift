import Pipeline
import Testing

@testable import Stages

@Suite struct JSONLineTests {
    private func line(_ value: String) -> Result<String, JSONLine.Problem> {
        var output = Array("before\n".utf8)
        let bytes = Array(value.utf8)
        let problem = bytes.withUnsafeBytes { value -> JSONLine.Problem? in
            do throws(JSONLine.Problem) {
                try JSONLine.append(value, to: &output)
                return nil
            } catch {
                return error
            }
        }
        let text = String(decoding: output, as: UTF8.self)
        if let problem {
            #expect(text == "before\n")
            return .failure(problem)
        }
        return .success(String(text.dropFirst("before\n".count)))
    }

    @Test("a value of one line goes out byte for byte, JSON or not")
    func oneLine() {
        #expect(line(#"{ "a":  1 }"#) == .success("{ \"a\":  1 }\n"))
        #expect(line("no JSON \u{1}") == .success("no JSON \u{1}\n"))
    }

    @Test("line breaks between tokens become spaces, and nothing else changes")
    func prettyPrinted() {
        #expect(
            line("{\n\t\"a\": \"x \\\" \\\\\",\r\n  \"b\": [\n1]\n}\n")
                == .success("{ \t\"a\": \"x \\\" \\\\\",    \"b\": [ 1] } \n"))
    }

    @Test("a line break inside a string, or in text that is no object or array, cannot be a line")
    func breakInside() {
        #expect(line("{\"a\": \"x\ny\"}") == .failure(.breakInside))
        #expect(line("{\"a\": \"x\\\"\ny\"}") == .failure(.breakInside))
        #expect(line("one\ntwo") == .failure(.breakInside))
    }

    @Test("an empty value cannot be a line")
    func empty() {
        #expect(line("") == .failure(.empty))
    }

    @Test("a dead letter is one JSON object with its stage, reason, place and bytes")
    func deadLetter() {
        var builder = BatchBuilder(stream: StreamIdentity(cluster: "k", topic: "t\"1"), capacity: 64)
        let key = builder.append("ATM-0001".utf8)
        let value = builder.append([0x7B, 0xFF, 0x0A])
        builder.add(
            Record(
                key: key, value: value, timestamp: Timestamp(microseconds: 1_750_000_000_000_042),
                position: Position(partition: 2, offset: 4711)))
        builder.add(
            Record(
                value: .absent, timestamp: Timestamp(microseconds: -1), position: Position(partition: 2, offset: 4712)))
        var batch = builder.finish(claims: [Claim(partition: 2, from: 4711, to: 4713)])
        batch.reject(stage: "filter") { _ in "no\nJSON" }
        var output: [UInt8] = []
        for dead in batch.dead { DeadLetterLine.append(dead, of: batch, to: &output) }
        #expect(
            String(decoding: output, as: UTF8.self) == """
                { "stage": "filter", "reason": "no\\nJSON", "topic": "t\\"1", "partition": 2, "offset": 4711, \
                "timestamp": "2025-06-15T15:06:40.000042Z", "key": "ATM-0001", "value_base64": "e/8K" }
                { "stage": "filter", "reason": "no\\nJSON", "topic": "t\\"1", "partition": 2, "offset": 4712, \
                "timestamp": "1969-12-31T23:59:59.999999Z", "key": null, "value": null }

                """)
    }
}
