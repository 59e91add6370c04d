public import Pipeline

extension StreamIdentity {
    /// The stream that test batches are of unless they say otherwise.
    public static let sample = StreamIdentity(cluster: "test", topic: "sample")
}

extension Batch {
    /// Makes a batch of one partition from texts.
    /// - Parameters:
    ///   - values: the values in order; nil is a tombstone.
    ///   - partition: the partition.
    ///   - from: the claim's beginning and the first record's offset.
    ///   - to: the claim's end, or nil for the offset after the last record.
    ///   - stream: the stream.
    public static func sample(
        _ values: [String?], partition: Int32 = 0, from: Int64 = 0, to: Int64? = nil, stream: StreamIdentity = .sample
    ) -> Batch {
        var builder = BatchBuilder(stream: stream, capacity: 0, recordCapacity: values.count)
        for (index, value) in values.enumerated() {
            let offset = from + Int64(index)
            let key = builder.append("\(partition)".utf8)
            let range = value.map { builder.append($0.utf8) } ?? .absent
            builder.add(
                Record(
                    key: key, value: range, timestamp: Timestamp(microseconds: 1_750_000_000_000_000 + offset),
                    position: Position(partition: partition, offset: offset)))
        }
        let end = to ?? from + Int64(values.count)
        return builder.finish(claims: [Claim(partition: partition, from: from, to: end)])
    }

    /// Makes a batch of one partition whose values are `partition/offset`.
    /// - Parameters:
    ///   - count: number of records.
    ///   - partition: the partition.
    ///   - from: the claim's beginning and the first record's offset.
    ///   - stream: the stream.
    public static func sample(
        count: Int, partition: Int32 = 0, from: Int64 = 0, stream: StreamIdentity = .sample
    ) -> Batch {
        sample((0..<count).map { "\(partition)/\(from + Int64($0))" }, partition: partition, from: from, stream: stream)
    }

    /// The values as texts, in order; nil for a tombstone.
    public var texts: [String?] {
        records.map { record in bytes(record.value).map { String(decoding: $0, as: UTF8.self) } }
    }
}
