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

    /// Whether the error lies in a record, or in a neighbour of it, and not in the cluster: no retry helps.
    var isAboutRecord: Bool {
        switch code {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
            RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, RD_KAFKA_RESP_ERR_INVALID_RECORD,
            RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
            true
        default: false
        }
    }

    /// Whether the cluster answered, and the answer is about the topic: trying again changes nothing.
    var isAboutTopic: Bool {
        [RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION].contains(code)
    }

    /// Whether a record came back because the client gave it up, or did not take it, for another's sake: its transaction
    /// had failed by then.
    var saysUnsent: Bool {
        switch code {
        case RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, RD_KAFKA_RESP_ERR__STATE: true
        default: false
        }
    }

    /// Whether the group has gone on without this member.
    var isOfMembership: Bool {
        switch code {
        case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
            RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
            true
        default: false
        }
    }

    static var libraryVersion: String { String(cString: rd_kafka_version_str()) }

    /// Throws unless the code says success.
    static func check(_ code: rd_kafka_resp_err_t) throws(KafkaError) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code) }
    }
}
