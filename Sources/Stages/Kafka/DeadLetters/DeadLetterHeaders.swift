internal import Pipeline

/// The headers that a dead letter has in Kafka behind those it came with: who rejected it and why, and where it stood.
///
/// A letter that is read again and rejected once more gets a second set behind the first, so that the first of a name is
/// always the place where the record began and the last the newest.
enum DeadLetterHeaders {
    private static let prefix = "sluice.dead."

    /// The headers of a letter, in the form that records have them.
    /// - Parameters:
    ///   - dead: the record with its reason.
    ///   - batch: the batch it travels with.
    static func encoded(_ dead: DeadRecord, of batch: Batch) -> [UInt8] {
        let parts = [
            ("stage", dead.stage), ("reason", dead.reason), ("topic", batch.stream.topic),
            ("partition", "\(dead.record.partition)"), ("offset", "\(dead.record.offset)"),
            ("timestamp", dead.record.timestamp.rfc3339),
        ]
        let headers = parts.map { RecordHeaders.Header(name: prefix + $0.0, value: Array($0.1.utf8)) }
        return (batch.bytes(dead.record.headers) ?? []) + RecordHeaders.encode(headers)
    }
}

extension Batch {
    /// The dead letters as records to be sent: key and value as they came, the headers with the letter's behind them. A
    /// copy of their bytes, which are few beside the living.
    var letters: Batch {
        var builder = BatchBuilder(stream: stream, capacity: 0, recordCapacity: dead.count)
        for letter in dead {
            var record = letter.record
            record.key = bytes(record.key).map { builder.append($0) } ?? .absent
            record.value = bytes(record.value).map { builder.append($0) } ?? .absent
            record.headers = builder.append(DeadLetterHeaders.encoded(letter, of: self))
            builder.add(record)
        }
        return builder.finish(claims: [])
    }
}
