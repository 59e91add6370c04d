internal import CRDKafka
internal import Pipeline

/// Reads a producer's progress from its topic. An outage is waited out; the thread is blocked for half a second at most
/// before a cancellation is seen.
struct ProgressReader {
    private let topic: ProgressTopic
    private let context: StageContext
    private let properties: [String: String]
    private let log: ClientLog

    /// Makes a reader; connects to nothing.
    /// - Throws: ``PipelineError`` if a secret's file cannot be read.
    init(_ topic: ProgressTopic, _ context: StageContext) throws(PipelineError) {
        let resolved = try topic.connection.resolve()
        self.topic = topic
        self.context = context
        log = ClientLog(context, secrets: resolved.secrets)
        properties = [
            "bootstrap.servers": topic.connection.brokers, "enable.partition.eof": "true",
            "auto.offset.reset": "earliest",
            // How long the end can go unnoticed.
            "fetch.wait.max.ms": "10",
        ].merging(resolved.properties.filter { KafkaProperty.isForBothSides($0.key) }) { _, given in given }
    }

    /// How far is read.
    enum End: String {
        /// To the first transaction that is open, at once: what is found was stored, and may not be the last.
        case stable = "read_committed"
        /// To the end of all records: behind another producer's open transaction may stand what this one has committed,
        /// and to begin without it would repeat it. So that one's end is waited for.
        case last = "read_uncommitted"
    }

    /// Reads what is committed now.
    /// - Returns: nil where nothing is stored.
    /// - Throws: ``PipelineError`` if it cannot be understood, `CancellationError`.
    func read(to end: End) throws -> ProducerProgress? {
        let bounds = try bounds(end)
        guard bounds.low < bounds.high else { return nil }
        let client = try client(isolation: "read_committed")
        defer { client.destroy() }
        return try lastValue(client, bounds).map { value throws(PipelineError) in
            try ProducerProgress(decoding: value)
        }
    }

    private func client(isolation: String) throws(PipelineError) -> KafkaClient {
        try KafkaClient(
            RD_KAFKA_CONSUMER, properties: [properties, ["isolation.level": isolation]], events: 0, log: log)
    }

    private func forbidden(_ error: KafkaError) -> PipelineError {
        PipelineError(
            .unavailable, "cannot read the progress in the topic \(topic.connection.topic)", reason: error.reason,
            remedy: "Check the client's rights to read it and to write to it", isRetriable: true)
    }

    private func bounds(_ end: End) throws -> (low: Int64, high: Int64) {
        let client = try client(isolation: end.rawValue)
        defer { client.destroy() }
        let name = topic.connection.topic
        while true {
            try Task.checkCancellation()
            do throws(KafkaError) {
                return try client.watermarks(name, topic.partition, timeout: .milliseconds(500))
            } catch {
                if error.forbidsTopic { throw forbidden(error) }
                log.write(
                    .init(
                        severity: 4, facility: "OFFSETS",
                        text: "cannot learn the end of \(name)-\(topic.partition) yet: \(error.reason)"))
                client.serve(.milliseconds(100), isQuiet: true)
            }
        }
    }

    private func lastValue(_ client: KafkaClient, _ bounds: (low: Int64, high: Int64)) throws -> [UInt8]? {
        do {
            let handle = try TopicHandle(client, topic.connection.topic)
            defer { handle.destroy() }
            let pipe = try WakePipe()
            defer { pipe.close() }
            let queue = try PartitionQueue.reading(topic.partition, from: bounds.low, of: handle, client)
            defer { queue.destroy() }
            pipe.watch(queue)
            return try lastValue(client, queue, pipe, bounds)
        } catch let error as KafkaError {
            throw PipelineError(.internalFault, "cannot read the stored progress", reason: error.reason)
        }
    }

    private func lastValue(
        _ client: KafkaClient, _ queue: PartitionQueue, _ pipe: WakePipe, _ bounds: (low: Int64, high: Int64)
    ) throws -> [UInt8]? {
        let key = Array(topic.id.utf8)
        let warningTime = context.clock.now + .seconds(2)
        var isWarned = false
        var value: [UInt8]?
        var refusal: KafkaError?
        var next = bounds.low
        while next < bounds.high {
            try Task.checkCancellation()
            pipe.drain()
            let taken = queue.takeEach { message in
                switch message.err {
                case RD_KAFKA_RESP_ERR_NO_ERROR:
                    next = message.offset + 1
                    // One without a value was written to forget the progress.
                    if message.keyBytes == key { value = message.valueBytes }
                case RD_KAFKA_RESP_ERR__PARTITION_EOF: next = max(next, message.offset)
                default:
                    let error = KafkaError(message.err)
                    if error.forbidsTopic { refusal = error }
                    log.write(
                        .init(severity: 4, facility: "PROGRESS", text: "cannot read on yet: \(error.reason)"))
                }
            }
            if let refusal { throw forbidden(refusal) }
            if taken > 0 { continue }
            while client.serve(.zero) {}
            pipe.wait(.milliseconds(100))
            if !isWarned, context.clock.now >= warningTime {
                isWarned = true
                context.log.warning(
                    "waits to read its progress: a producer's transaction in the same partition is open, or a broker "
                        + "does not answer",
                    Log.Detail("topic", topic.connection.topic), Log.Detail("partition", "\(topic.partition)"),
                    Log.Detail("at", "\(next)"), Log.Detail("end", "\(bounds.high)"))
            }
        }
        return value
    }
}

extension PartitionQueue {
    /// Takes what is there, without waiting, at most a hundred messages, and shows each to `body`.
    /// - Returns: how many they were.
    fileprivate func takeEach(_ body: (rd_kafka_message_t) -> Void) -> Int {
        withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<rd_kafka_message_t>?.self, capacity: 100) { room in
            room.initialize(repeating: nil)
            let taken = take(into: room)
            for message in room[..<taken] {
                guard let message else { continue }
                body(message.pointee)
                rd_kafka_message_destroy(message)
            }
            return taken
        }
    }
}

extension rd_kafka_message_t {
    fileprivate var keyBytes: [UInt8]? {
        key.map { Array(UnsafeRawBufferPointer(start: $0, count: key_len)) }
    }

    fileprivate var valueBytes: [UInt8]? {
        payload.map { Array(UnsafeRawBufferPointer(start: $0, count: len)) }
    }
}
