internal import CRDKafka

/// An error code of librdkafka or a broker, with its words.
struct KafkaError: Error, Sendable, Hashable {
    let code: rd_kafka_resp_err_t

    init(_ code: rd_kafka_resp_err_t) {
        self.code = code
    }

    /// The words for people, with the name under which documentation has it: `Broker: Unknown topic or partition
    /// (UNKNOWN_TOPIC_OR_PART)`.
    var reason: String { "\(String(cString: rd_kafka_err2str(code))) (\(name))" }

    var name: String { String(cString: rd_kafka_err2name(code)) }

    static var libraryVersion: String { String(cString: rd_kafka_version_str()) }

    /// Throws unless the code says success.
    static func check(_ code: rd_kafka_resp_err_t) throws(KafkaError) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code) }
    }
}
