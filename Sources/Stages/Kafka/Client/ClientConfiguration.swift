internal import CRDKafka
internal import Pipeline

/// librdkafka's configuration object until a client takes it.
struct ClientConfiguration: ~Copyable {
    private let pointer: OpaquePointer

    init() {
        pointer = rd_kafka_conf_new()
    }

    deinit {
        rd_kafka_conf_destroy(pointer)
    }

    /// Sets a property.
    /// - Returns: librdkafka's words if it refuses; they may contain the value.
    func refusal(_ name: String, _ value: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
            let result = rd_kafka_conf_set(pointer, name, value, text.baseAddress, text.count)
            guard result != RD_KAFKA_CONF_OK, let message = text.baseAddress else { return nil }
            return String(cString: message)
        }
    }

    /// Sets properties that were checked before.
    /// - Throws: ``PipelineError``, without the value.
    func set(_ properties: [String: String]) throws(PipelineError) {
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) where refusal(name, value) != nil {
            throw PipelineError(
                .configuration, "cannot set \(name)",
                reason: "librdkafka \(KafkaError.libraryVersion) refuses the value",
                remedy: "Look it up in librdkafka's CONFIGURATION.md")
        }
    }

    /// Makes a client, which takes the configuration with it.
    /// - Parameters:
    ///   - kind: producer or consumer.
    ///   - events: `RD_KAFKA_EVENT_…` that the client's queue gives out instead of calling back.
    consuming func makeClient(_ kind: rd_kafka_type_t, events: Int32) throws(PipelineError) -> OpaquePointer {
        rd_kafka_conf_set_events(pointer, events)
        // rd_kafka_new takes the configuration only if it succeeds, so it gets a copy and this one goes the usual way.
        let copy = rd_kafka_conf_dup(pointer)
        let made = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) {
            text -> Result<OpaquePointer, PipelineError> in
            text.initialize(repeating: 0)
            if let client = rd_kafka_new(kind, copy, text.baseAddress, text.count) { return .success(client) }
            rd_kafka_conf_destroy(copy)
            let reason = text.baseAddress.map { String(cString: $0) } ?? "unknown"
            return .failure(
                PipelineError(
                    .configuration, "cannot make a Kafka client", reason: reason,
                    remedy: "Check \"properties\" against librdkafka's CONFIGURATION.md"))
        }
        return try made.get()
    }
}
