internal import CRDKafka
internal import Pipeline

/// One librdkafka client and its event queue.
///
/// No C code calls into Swift: log lines, errors, delivery reports and rebalances are events, taken from one queue by one
/// thread, so no reference travels through C.
///
/// `@unchecked Sendable` is safe because librdkafka's handles may be used from any thread (rdkafka.h: "completely
/// thread-safe") until `destroy`, which the owner calls after everyone who uses the client has ended.
final class KafkaClient: @unchecked Sendable {
    let handle: OpaquePointer
    let queue: OpaquePointer
    let log: ClientLog

    /// What every client of ours is configured with before the stage's and the file's own properties.
    private static let base = [
        "client.id": "sluice",
        "log.queue": "true",
        // Nagle's algorithm is on by default in 2.0.2 and delays small requests.
        "socket.nagle.disable": "true",
        "socket.keepalive.enable": "true",
        // An idle connection that the broker closes is no event for anyone.
        "log.connection.close": "false",
        // A broker that comes back should not wait ten seconds for us.
        "reconnect.backoff.max.ms": "2000",
    ]

    /// Makes a client. Does not wait for a broker.
    /// - Parameters:
    ///   - kind: producer or consumer.
    ///   - properties: in layers; a later layer overrides an earlier one.
    ///   - events: which events the queue gives, beside log lines and errors.
    ///   - log: where log lines and errors go.
    ///   - isGroupMember: for a consumer with a `group.id`, whose queue is the group's.
    init(
        _ kind: rd_kafka_type_t, properties: [[String: String]], events: Int32, log: ClientLog,
        isGroupMember: Bool = false
    ) throws(PipelineError) {
        let configuration = ClientConfiguration()
        var merged = Self.base
        for layer in properties { merged.merge(layer) { _, later in later } }
        try configuration.set(merged)
        handle = try configuration.makeClient(kind, events: events | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_ERROR)
        if isGroupMember {
            rd_kafka_poll_set_consumer(handle)
            queue = rd_kafka_queue_get_consumer(handle)
        } else {
            queue = rd_kafka_queue_get_main(handle)
        }
        rd_kafka_set_log_queue(handle, queue)
        self.log = log
    }

    /// Takes the next event; log lines and errors are dealt with on the way.
    /// - Parameters:
    ///   - timeout: how long the thread may be blocked.
    ///   - isQuiet: keeps errors as reasons and writes nothing.
    ///   - body: gets an event of another type.
    /// - Returns: false if there was none.
    @discardableResult
    func serve(_ timeout: Duration, isQuiet: Bool = false, _ body: (borrowing ClientEvent) -> Void = { _ in }) -> Bool {
        guard let pointer = rd_kafka_queue_poll(queue, timeout.kafkaMilliseconds) else { return false }
        let event = ClientEvent(pointer: pointer)
        switch event.type {
        case RD_KAFKA_EVENT_LOG, RD_KAFKA_EVENT_ERROR: log.take(event, isQuiet: isQuiet)
        default: body(event)
        }
        return true
    }

    /// Ends a `serve` that waits on another thread.
    func interrupt() {
        rd_kafka_queue_yield(queue)
    }

    /// The error after which an idempotent producer can only be made anew, with librdkafka's words, if there is one.
    var fatal: (error: KafkaError, words: String)? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
            let code = rd_kafka_fatal_error(handle, text.baseAddress, text.count)
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR, let words = text.baseAddress else { return nil }
            return (KafkaError(code), String(cString: words))
        }
    }

    /// The words alone.
    var fatalReason: String? { fatal?.words }

    /// What the client was configured with; nil where nothing is set.
    func configured(_ name: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { text in
            var size = text.count
            guard
                rd_kafka_conf_get(rd_kafka_conf(handle), name, text.baseAddress, &size) == RD_KAFKA_CONF_OK,
                let words = text.baseAddress
            else { return nil }
            return String(cString: words)
        }
    }

    /// Ends the client; blocks until its threads are gone, and what was queued is given up.
    func destroy() {
        rd_kafka_queue_destroy(queue)
        rd_kafka_destroy(handle)
    }
}

extension Duration {
    /// Whole milliseconds as librdkafka's functions take them; at least 0. Rounded up: a wait for the rest of a
    /// millisecond, rounded down to none, would be asked for again and again until the millisecond is over.
    var kafkaMilliseconds: Int32 {
        Int32(clamping: max(0, Int64((self / .milliseconds(1)).rounded(.up))))
    }
}
