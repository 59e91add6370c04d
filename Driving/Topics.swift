import CRDKafka
import Foundation

/// Fresh topics on the broker, by librdkafka's own administration: Kafka's tools would cost the start of a JVM on the
/// processors that are measured.
package final class Topics {
    /// The broker's address.
    package let brokers: String
    private let client: OpaquePointer
    // Filled once for all benchmarks that read so many records.
    private var filled: [Int: String] = [:]

    /// Prepares a client; connects when it is first needed.
    /// - Throws: ``DriverFailure`` if librdkafka refuses the address.
    package init(brokers: String) throws(DriverFailure) {
        self.brokers = brokers
        var reason = [CChar](repeating: 0, count: 256)
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(configuration, "bootstrap.servers", brokers, &reason, reason.count)
        // That a broker is away for a while is what some drivers are about.
        rd_kafka_conf_set(configuration, "log_level", "2", &reason, reason.count)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &reason, reason.count) else {
            rd_kafka_conf_destroy(configuration)
            throw DriverFailure("cannot make a client for \(brokers)", reason: Self.text(reason))
        }
        self.client = client
    }

    deinit {
        rd_kafka_destroy(client)
    }

    /// Lends a fresh topic and deletes it afterwards: a dozen rounds would fill the disk.
    /// - Parameters:
    ///   - partitions: how many it has.
    ///   - settings: Kafka's own names of a topic's settings, and their values.
    package func withTopic<Result>(
        partitions: Int32 = 3, settings: [String: String] = [:], _ body: (String) throws -> Result
    ) throws -> Result {
        let name = try make(partitions: partitions, settings)
        defer { try? delete(name) }
        sync()
        return try body(name)
    }

    /// A topic of three partitions that holds so many records, made at its first use.
    /// - Parameters:
    ///   - records: how many.
    ///   - fill: writes so many records into the topic.
    package func filled(with records: Int, _ fill: (String) throws -> Void) throws -> String {
        if let name = filled[records] { return name }
        let name = try make(partitions: 3, [:])
        try fill(name)
        filled[records] = name
        return name
    }

    /// Makes a topic of a name that no other has.
    package func make(partitions: Int32, _ settings: [String: String] = [:]) throws(DriverFailure) -> String {
        let name = "run-" + UUID().uuidString.lowercased()
        var topics: [OpaquePointer?] = [rd_kafka_NewTopic_new(name, partitions, 1, nil, 0)]
        defer { rd_kafka_NewTopic_destroy_array(&topics, topics.count) }
        for (setting, value) in settings { rd_kafka_NewTopic_set_config(topics[0], setting, value) }
        try administer("make the topic \(name)") { queue in
            rd_kafka_CreateTopics(client, &topics, topics.count, nil, queue)
        } results: { event, count in
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), count)
        }
        return name
    }

    /// Deletes a topic.
    package func delete(_ name: String) throws(DriverFailure) {
        var topics: [OpaquePointer?] = [rd_kafka_DeleteTopic_new(name)]
        defer { rd_kafka_DeleteTopic_destroy_array(&topics, topics.count) }
        try administer("delete the topic \(name)") { queue in
            rd_kafka_DeleteTopics(client, &topics, topics.count, nil, queue)
        } results: { event, count in
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), count)
        }
    }

    /// Sends a request with a queue of its own for the answer, waits for it, and looks at its one result.
    private func administer(
        _ what: String, _ request: (OpaquePointer) -> Void,
        results: (OpaquePointer, UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<OpaquePointer?>?
    ) throws(DriverFailure) {
        let failure = "cannot \(what) at \(brokers)"
        let answers = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(answers) }
        guard let answers else { throw DriverFailure(failure, reason: "librdkafka has no memory") }
        request(answers)
        guard let event = rd_kafka_queue_poll(answers, 60_000) else {
            throw DriverFailure(failure, reason: "no answer within a minute")
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let result = results(event, &count).flatMap { count > 0 ? $0[0] : nil }
        let code = result.map(rd_kafka_topic_result_error) ?? rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw DriverFailure(failure, reason: String(cString: rd_kafka_err2str(code)))
        }
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
