internal import CRDKafka
internal import Pipeline

/// Copies fetched messages into batches: one copy from librdkafka's buffers, some hundred messages at a time.
struct BatchCollector: ~Copyable {
    /// Messages taken from one partition before it is asked again which is furthest behind. The fewer, the less do two
    /// batches overlap in time, and the more of an archive's rows go to the end of its tree: 250 instead of 1,000 take
    /// 4 % less processor time a row; 100 gain nothing more.
    private static let chunk = 250

    private let messages: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    private let log: ClientLog
    private let topic: String
    /// Offsets at which there was no record: markers, aborted records, compaction, deletion.
    private var holes: Int64 = 0
    /// Where offsets were skipped, since the last `takeGaps`: the first expected offset by partition.
    private var gaps: [Int32: Int64] = [:]

    init(topic: String, log: ClientLog) {
        messages = .allocate(capacity: Self.chunk)
        messages.initialize(repeating: nil)
        self.topic = topic
        self.log = log
    }

    deinit {
        messages.deallocate()
    }

    /// The holes since the last call.
    mutating func takeHoles() -> Int64 {
        defer { holes = 0 }
        return holes
    }

    mutating func takeGaps() -> [Int32: Int64] {
        defer { gaps = [:] }
        return gaps
    }

    /// Takes what waits for one partition.
    /// - Parameters:
    ///   - reader: the partition.
    ///   - builder: gets the records.
    ///   - count: records wanted at most.
    ///   - room: bytes wanted at most, as near as the mean size tells.
    /// - Returns: how many messages and events came.
    /// - Throws: ``PipelineError`` if the log has begun anew.
    mutating func read(
        _ reader: inout PartitionReader, into builder: inout BatchBuilder, atMost count: Int, room: Int
    ) throws(PipelineError) -> Int {
        let wanted = min(count, Self.chunk, max(1, room / max(1, reader.meanSize)))
        let taken = reader.queue.take(into: UnsafeMutableBufferPointer(rebasing: messages[..<wanted]))
        if taken == 0 { return 0 }
        defer {
            for message in messages[..<taken] { rd_kafka_message_destroy(message) }
        }
        let end = reader.end ?? Int64.max
        var size = 0
        for message in messages[..<taken] {
            guard let message, message.pointee.isRecord(before: end) else { continue }
            size += message.pointee.key_len + message.pointee.len
        }
        var place = builder.append(maximum: size) { room in copy(taken, before: end, into: room) }.offsets.lowerBound
        for message in messages[..<taken] {
            guard let message else { continue }
            guard message.pointee.isRecord(before: end) else {
                try note(message, &reader)
                continue
            }
            let offset = message.pointee.offset
            guard offset >= reader.next else { throw beginsAnew(reader, at: offset) }
            let key =
                message.pointee.key == nil ? ByteRange.absent : ByteRange(start: place, length: message.pointee.key_len)
            place += message.pointee.key_len
            let value =
                message.pointee.payload == nil ? ByteRange.absent : ByteRange(start: place, length: message.pointee.len)
            place += message.pointee.len
            var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
            let time = max(0, rd_kafka_message_timestamp(message, &kind))
            builder.add(
                Record(
                    key: key, value: value, headers: headers(of: message, &builder),
                    timestamp: Timestamp(milliseconds: time),
                    position: Position(partition: reader.partition, offset: offset)))
            skip(reader.advance(past: offset, at: time, size: key.length + value.length), before: offset, reader)
        }
        return taken
    }

    private func copy(_ taken: Int, before end: Int64, into room: UnsafeMutableRawBufferPointer) -> Int {
        guard let base = room.baseAddress else { return 0 }
        var place = 0
        for message in messages[..<taken] {
            guard let message, message.pointee.isRecord(before: end) else { continue }
            // A null pointer comes with length 0.
            if let key = message.pointee.key {
                (base + place).copyMemory(from: key, byteCount: message.pointee.key_len)
                place += message.pointee.key_len
            }
            if let payload = message.pointee.payload {
                (base + place).copyMemory(from: payload, byteCount: message.pointee.len)
                place += message.pointee.len
            }
        }
        return place
    }

    /// Takes in what is no record: the end of a partition, an error, a record past the end that was asked for.
    private mutating func note(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>, _ reader: inout PartitionReader
    ) throws(PipelineError) {
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            if let end = reader.end { skip(reader.reach(end: end), before: end, reader) }
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            let end = message.pointee.offset
            guard end >= reader.next else { throw beginsAnew(reader, at: end) }
            skip(reader.reach(end: end), before: end, reader)
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
            reader.isOutOfRange = true
        default:
            // librdkafka goes on by itself: a topic that is deleted is waited for, a right may be given back.
            let error = KafkaError(message.pointee.err)
            let text = rd_kafka_message_errstr(message).map { String(cString: $0) } ?? error.reason
            log.write(.init(severity: 4, facility: error.name, text: "\(topic)-\(reader.partition): \(text)"))
        }
    }

    private mutating func skip(_ gap: Int64, before offset: Int64, _ reader: PartitionReader) {
        guard gap > 0 else { return }
        holes += gap
        if gaps[reader.partition] == nil { gaps[reader.partition] = offset - gap }
    }

    private func headers(of message: UnsafePointer<rd_kafka_message_t>, _ builder: inout BatchBuilder) -> ByteRange {
        if message.pointee.surelyHasNoHeaders { return .absent }
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return .absent }
        var headers: [RecordHeaders.Header] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var length = 0
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &length) == RD_KAFKA_RESP_ERR_NO_ERROR {
            let bytes = value.map { Array(UnsafeRawBufferPointer(start: $0, count: length)) }
            headers.append(.init(name: name.map { String(cString: $0) } ?? "", value: bytes))
        }
        return builder.append(RecordHeaders.encode(headers))
    }

    private func beginsAnew(_ reader: PartitionReader, at offset: Int64) -> PipelineError {
        Self.beginsAnew(topic, reader.partition, next: reader.next, at: offset)
    }

    /// The error of a log that goes on before the position that is read.
    static func beginsAnew(_ topic: String, _ partition: Int32, next: Int64, at offset: Int64) -> PipelineError {
        PipelineError(
            .inputOutput, "cannot go on reading", place: "\(topic)-\(partition)-\(next)",
            reason: "the partition goes on at offset \(offset), before the position read so far: the topic was made "
                + "anew or has lost records",
            remedy: "Start again; an archive goes on with the new topic where \"on_reset\" is \"restart\"")
    }
}

extension rd_kafka_message_t {
    fileprivate func isRecord(before end: Int64) -> Bool {
        err == RD_KAFKA_RESP_ERR_NO_ERROR && offset < end
    }

    /// Whether it can be told without asking that there are no headers: `rd_kafka_message_headers` makes a buffer for
    /// every message, also where it finds none, which took a seventh of the source's processor time.
    ///
    /// In a record batch of format 2 the number of headers stands behind the value, as a varint: 0 is one zero byte
    /// (https://kafka.apache.org/documentation/#record). Older formats know no headers, so a zero byte, whatever it is
    /// there, tells no lie. librdkafka 2.0.2 lends the value where it lies in the fetch buffer
    /// (rdkafka_msgset_reader.c), an empty one from a constant. The byte may be read: in format 2 it belongs to the
    /// record; in an older one it may lie one past the buffer, where the allocator's next header stands (glibc keeps
    /// at least eight bytes there, also behind a mapping of its own). Other versions of the library are asked.
    fileprivate var surelyHasNoHeaders: Bool {
        guard Self.lendsFetchBuffer, let payload, len > 0 else { return false }
        return payload.load(fromByteOffset: len, as: UInt8.self) == 0
    }

    private static let lendsFetchBuffer = rd_kafka_version() >> 8 == 0x020002
}
