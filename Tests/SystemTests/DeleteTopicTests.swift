import Foundation
import Testing

@Suite("runner delete-topic")
struct DeleteTopicTests {
    @Test(
        "deletes the topic that a pipeline writes, and a pipeline makes it anew; none is no error",
        .enabled(if: SystemTest.brokers != nil, SystemTest.noKafka))
    func deletes() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let topic = SystemTest.freshTopic("delete")
        let produce = SystemTest.pipeline("produce")
        let variables = ["KAFKA_TOPIC": topic, "COUNT": "100", "BURST": "unlimited"]
        func archived(_ name: String) async throws -> String {
            let environment = ["KAFKA_TOPIC": topic, "DATABASE": name, "UNTIL": "end"]
            let ending = try await test.run([SystemTest.pipeline("consume-to-sqlite")], environment)
            #expect(ending.code == 0, "\(ending.errors)")
            return try await test.run(["query", name, "SELECT count(*) FROM transactions", "--format", "csv"]).output
        }
        let sent = try await test.run([produce], variables)
        #expect(sent.code == 0, "\(sent.errors)")
        #expect(try await archived("first.db") == "count(*)\r\n100\r\n")

        let deletion = try await test.run(["delete-topic", produce], variables)
        #expect(deletion.code == 0 && deletion.output == "deleted the topic \(topic)\n", "\(deletion.errors)")
        let again = try await test.run(["delete-topic", produce], variables)
        #expect(again.code == 0 && again.output == "there is no topic \(topic)\n", "\(again.errors)")

        let anew = try await test.run([produce], variables.merging(["COUNT": "7"]) { $1 })
        #expect(anew.code == 0, "\(anew.errors)")
        #expect(try await archived("second.db") == "count(*)\r\n7\r\n")
        _ = try await test.run(["delete-topic", produce], variables)
    }

    @Test("without a kafka sink it does not guess, without a broker it gives up")
    func refuses() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        let guess = try await test.run(["delete-topic", SystemTest.pipeline("consume")])
        #expect(guess.code == 64 && guess.output.isEmpty)
        #expect(guess.errors.contains("no pipeline that was given has a kafka sink"))
        let unreachable = try await test.run(
            [
                "delete-topic", SystemTest.pipeline("produce"), "--set", "sinks.kafka.connect_timeout=1s", "--set",
                "sinks.kafka.brokers=127.0.0.1:1",
            ])
        #expect(unreachable.code == 69, "\(unreachable.errors)")
        #expect(unreachable.errors.contains("cannot reach Kafka"))
    }
}
