import Foundation
import Testing

/// A secret that is nowhere but in the environment and in a mounted file must not come out anywhere.
@Suite("Secrets")
struct CanarySecretTests {
    private static let canary = "canary-4711-do-not-show"
    private static let pipeline = """
        {"version": 1, "source": {"type": "kafka", "brokers": "${KAFKA_BROKERS}", "topic": "t", "connect_timeout": "2s",
           "properties": {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "PLAIN", "sasl.username": "u"},
           "secrets": {"sasl.password": "${PASSWORD}"}, "secret_files": {"ssl.key.password": "${SECRET_FILE}"}},
         "sinks": [{"type": "kafka", "name": "out", "brokers": "${KAFKA_BROKERS}", "topic": "u", "connect_timeout": "2s",
           "properties": {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "PLAIN", "sasl.username": "u"},
           "secrets": {"sasl.password": "${PASSWORD}"}}]}
        """

    @Test(
        "a secret is in no log, error, mistake or report, whatever goes wrong",
        arguments: [
            "unreachable", "refused", "unknown property", "wrong type", "missing file", "check", "explain",
            "explain as JSON",
        ])
    func canary(_ fault: String) async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let file = try test.write(Self.pipeline, to: "p.json")
        let secretFile = try test.write(Self.canary + "\n", to: "secret")
        var environment = ["PASSWORD": Self.canary, "SECRET_FILE": secretFile, "KAFKA_BROKERS": "127.0.0.1:1"]
        var arguments = [file, "--report", "report.json", "--log-format", "json"]
        switch fault {
        case "refused":
            // A broker without SASL refuses whoever offers it.
            environment["KAFKA_BROKERS"] = SystemTest.brokers ?? "127.0.0.1:1"
        case "unknown property": arguments += ["--set", "source.secrets.no_such_property=\(Self.canary)"]
        case "wrong type": arguments += ["--set", "sinks.out.secrets=\(Self.canary)"]
        case "missing file": environment["SECRET_FILE"] = test.path("nothing")
        case "check": arguments = ["check", file]
        case "explain", "explain as JSON":
            try test.write("PASSWORD=\(Self.canary)\n", to: "secret.env")
            environment["PASSWORD"] = nil
            arguments = ["explain", file, "--env-file", "secret.env"]
            arguments += ["--set", "sinks.out.secrets.sasl.oauthbearer.client.secret=\(Self.canary)"]
            if fault == "explain as JSON" { arguments += ["--format", "json"] }
        default: break
        }
        let ending = try await test.run(arguments, environment)
        let isRight = ["check", "explain", "explain as JSON"].contains(fault)
        #expect((ending.code == 0) == isRight, "\(ending.errors)")
        if fault == "explain" {
            let hidden = ending.output.split(separator: "\n").filter { $0.contains("(secret, not shown)") }
            #expect(hidden.count == 4, "\(ending.output)")
        }
        let report = (try? String(contentsOfFile: test.path("report.json"), encoding: .utf8)) ?? ""
        #expect(!ending.errors.contains(Self.canary), "\(ending.errors)")
        #expect(!ending.output.contains(Self.canary))
        #expect(!report.contains(Self.canary))
    }
}
