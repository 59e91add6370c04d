@testable import Pipeline
import Testing

@Suite("variables")
struct VariableTests {
    private let environment: [String: VariableValue] = ["A": "1", "EMPTY": "", "DOLLAR": "${A}$$"]

    private func text(_ template: String) throws -> String {
        var uses: [SettingOrigin.VariableUse] = []
        return try VariableTemplate(template).text(environment, uses: &uses)
    }

    @Test(
        "are put in",
        arguments: [
            ("${A}", "1"), ("x${A}y${A}", "x1y1"), ("${B:-2}", "2"), ("${A:-2}", "1"), ("${EMPTY:-2}", "2"),
            ("${EMPTY}", ""), ("${B:-}", ""), ("${A:?why}", "1"), ("a$$b", "a$b"), ("$${A}", "${A}"),
            ("${B:-${C:-3}}", "3"), ("${B:-${A}x}", "1x"), ("${B:-{\"a\": {}}}", "{\"a\": {}}"), ("{}", "{}"),
            ("}", "}"),
            ("${DOLLAR}", "${A}$$"), ("${B:-$$}", "$"), ("", ""), ("{${A}}", "{1}"),
        ])
    func putIn(_ template: String, _ result: String) throws {
        #expect(try text(template) == result)
    }

    @Test(
        "that are written wrong are told",
        arguments: [
            "$", "$A", "${", "${}", "${A", "${A:", "${A:-", "${A:=b}", "${A-b}", "${1A}", "${ A}", "${A:-${B}", "a$ b",
        ]
    )
    func written(_ template: String) {
        #expect(throws: VariableTemplate.Fault.self) { try text(template) }
    }

    @Test("nested deeper than anyone writes are told and not followed")
    func nested() {
        let deep = String(repeating: "${B:-", count: 10_000)
        #expect(throws: VariableTemplate.Fault.self) { try text(deep) }
    }

    @Test("that are unset are all told, with place, nearest name and the file's own message")
    func unset() {
        let told = ExampleFile.mistakes(
            ExampleFile.pipeline(
                source: #"{ "type": "generator", "count": "${COUNT}" }"#,
                stages: #"{ "type": "rate-gate", "rate": "${RATE:?how fast}" }, { "type": "ttl", "after": "${E:?x}" }"#),
            environment: ["COUNTS": "5", "E": ""])
        #expect(
            told == [
                "test.json:1:59: $.source.count: unset variable: found ${COUNT}; allowed: a value in the environment, "
                    + "or a default: ${COUNT:-default}; did you mean \"COUNTS\"?",
                "test.json:1:115: $.stages[0].rate: unset variable: found ${RATE}; allowed: how fast",
                "test.json:1:164: $.stages[1].after: empty variable: found ${E}; allowed: x",
            ])
    }

    @Test("that are a whole value take the type their setting expects")
    func types() throws {
        let definition = try ExampleFile.read(
            ExampleFile.pipeline(
                source:
                    #"{ "type": "kafka", "topic": "${TOPIC}", "brokers": "${BROKERS}", "partitions": "${PARTITIONS}", "tls": "${TLS}", "properties": "${PROPERTIES:-{"linger.ms": 5}}" }"#
                    .replacing("{\"linger.ms\": 5}", with: #"{\"linger.ms\": 5}"#),
                stages:
                    #"{ "type": "rate-gate", "rate": "${RATE:-7.5}", "burst": "${BURST}" }, { "type": "ttl", "after": "${TTL:-90}" }"#,
                sinks: #"{ "type": "console", "required": "${REQUIRED}" }"#, more: #" "memory": "${MEMORY}","#),
            environment: [
                "TOPIC": "5", "BROKERS": "a:1, b:2", "PARTITIONS": "0,2", "TLS": #"{"verify": false}"#, "BURST": "true",
                "REQUIRED": " true\n", "MEMORY": "128MiB",
            ])
        let source = definition.source.values
        #expect(source[ExampleStages.topic] == "5")
        #expect(source[ExampleStages.brokers] == ["a:1", "b:2"])
        #expect(source[ExampleStages.partitions] == .list([.integer(0), .integer(2)]))
        #expect(source[ExampleStages.properties] == .object(["linger.ms": .number(5)]))
        guard case .object(let tls) = source[ExampleStages.tls] else {
            Issue.record("tls is no object")
            return
        }
        #expect(tls == ["ca": .text(""), "verify": .boolean(false), "pin": .integer(0)])
        #expect(definition.transforms[0].values[ExampleStages.rate] == 7.5)
        #expect(definition.transforms[0].values[ExampleStages.burst] == .boolean(true))
        #expect(definition.transforms[1].values[ExampleStages.after] == .duration(.seconds(90)))
        #expect(definition.sinks[0].isRequired)
        #expect(definition.memory == 128 << 20)
    }

    @Test("that are a part of a value are text, whatever they hold")
    func partOfText() {
        #expect(
            ExampleFile.mistakes(
                ExampleFile.pipeline(stages: #"{ "type": "rate-gate", "rate": "1${ZEROS}" }"#),
                environment: ["ZEROS": "00"]) == [
                    "test.json:1:94: $.stages[0].rate: wrong type: found \"100\" (from ${ZEROS}); "
                        + "allowed: a number from 0.1 to 1000000"
                ])
    }

    @Test("that an environment file sets are told with its line")
    func environmentFile() {
        #expect(
            ExampleFile.mistakes(
                ExampleFile.pipeline(stages: #"{ "type": "rate-gate", "rate": "${RATE}" }"#),
                environment: ["RATE": VariableValue("x", at: Place("prod.env", line: 3))]) == [
                    "test.json:1:94: $.stages[0].rate: wrong type: found \"x\" (from ${RATE} at prod.env:3); "
                        + "allowed: a number from 0.1 to 1000000"
                ])
    }

    @Test("hold JSON that is told at the variable's place")
    func json() {
        #expect(
            ExampleFile.mistakes(
                ExampleFile.pipeline(source: #"{ "type": "kafka", "topic": "t", "tls": "${TLS}" }"#),
                environment: ["TLS": #"{"verify": 5, "ac": "x"}"#]) == [
                    "test.json:1:67: $.source.tls.ac: unknown member: found \"ac\"; allowed: ca, verify or pin; "
                        + "did you mean \"ca\"?",
                    "test.json:1:67: $.source.tls.verify: wrong type: found 5 (from ${TLS}); allowed: true or false",
                ])
    }
}
