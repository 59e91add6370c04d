import Pipeline
import Testing

@testable import Runner

@Suite("Readiness")
struct ReadinessTests {
    private static func health(
        isRunning: Bool = true, silence: Duration? = .milliseconds(900), waiting: Duration? = nil
    ) -> RunHealth {
        RunHealth(
            isRunning: isRunning, connections: [.init(stage: "kafka", silence: silence)], oldestUnacknowledged: waiting)
    }

    @Test("an idle pipeline whose server answers is ready")
    func idle() {
        #expect(Readiness.reasons(Self.health(), stallAfter: .seconds(30)).isEmpty)
        let alone = RunHealth(isRunning: true, connections: [], oldestUnacknowledged: nil)
        #expect(Readiness.reasons(alone, stallAfter: .seconds(30)).isEmpty, "not every pipeline has a server")
    }

    @Test("one that is not open, or is told to stop, is not")
    func notRunning() {
        #expect(Readiness.reasons(Self.health(isRunning: false), stallAfter: .seconds(30)).count == 1)
    }

    @Test("a server that is silent for more than three seconds, or has never answered, makes it not ready")
    func silence() {
        #expect(Readiness.reasons(Self.health(silence: .seconds(3)), stallAfter: .seconds(30)).isEmpty)
        #expect(
            Readiness.reasons(Self.health(silence: .seconds(4)), stallAfter: .seconds(30)) == [
                "kafka: the server has not answered for 4 s"
            ])
        #expect(
            Readiness.reasons(Self.health(silence: nil), stallAfter: .seconds(30)) == [
                "kafka: no server has answered yet"
            ])
    }

    @Test("a batch that waits for longer than stall_after makes it not ready")
    func stalled() {
        #expect(Readiness.reasons(Self.health(waiting: .seconds(30)), stallAfter: .seconds(30)).isEmpty)
        #expect(
            Readiness.reasons(Self.health(waiting: .seconds(31)), stallAfter: .seconds(30)) == [
                "a batch has waited for its acknowledgement for 31 s"
            ])
    }
}

@Suite("The URL of a health check")
struct ProbeURLTests {
    @Test(
        "has host, port and path; without a path it asks for /ready",
        arguments: [
            ("http://127.0.0.1:9400/live", "127.0.0.1:9400", "/live"), ("http://localhost:1", "localhost:1", "/ready"),
            ("http://[::1]:80/", "[::1]:80", "/"),
        ])
    func good(text: String, address: String, path: String) throws {
        let url = try #require(ProbeURL(text))
        #expect(url.address.description == address)
        #expect(url.path == path)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "127.0.0.1:9400", "https://h:1/", "http://h/", "http://h:70000/", "http://:1/", "http://::1:80/",
            "http://h:1/a b", "http://h:1/\r\nX: y",
        ])
    func bad(text: String) {
        #expect(ProbeURL(text) == nil)
    }
}
