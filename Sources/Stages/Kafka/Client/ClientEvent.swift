internal import CRDKafka

/// Something that librdkafka tells: delivery reports, log lines, errors, rebalances. Destroyed with the value.
struct ClientEvent: ~Copyable {
    let pointer: OpaquePointer

    init(pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        rd_kafka_event_destroy(pointer)
    }

    var type: Int32 { rd_kafka_event_type(pointer) }

    var error: KafkaError { KafkaError(rd_kafka_event_error(pointer)) }

    var errorText: String { rd_kafka_event_error_string(pointer).map { String(cString: $0) } ?? error.reason }

    /// A log line, for `RD_KAFKA_EVENT_LOG`.
    var logLine: ClientLog.Line? {
        var facility: UnsafePointer<CChar>?
        var text: UnsafePointer<CChar>?
        var level: Int32 = 0
        guard rd_kafka_event_log(pointer, &facility, &text, &level) == 0, let facility, let text else { return nil }
        return ClientLog.Line(severity: level, facility: String(cString: facility), text: String(cString: text))
    }

    /// Calls `body` for each delivery report, for `RD_KAFKA_EVENT_DR`. The messages live as long as the event.
    func forEachMessage(_ body: (UnsafePointer<rd_kafka_message_t>) -> Void) {
        while let message = rd_kafka_event_message_next(pointer) { body(message) }
    }
}
