internal import Pipeline

/// Makes batches of lines: a line is a record, with a key if one is asked for. A line without any byte is none, and
/// one that is too long is dead from the start.
struct LineBatch: Sendable {
    /// What was made of some lines.
    struct Taken: Sendable {
        /// The batch; its claim has every line, blank ones too.
        let batch: Batch
        /// Lines in the claim.
        let lines: Int64
        /// Lines without any byte among them.
        let blankLines: Int64
    }

    let stage: String
    let stream: StreamIdentity
    let scanner: MemberScanner?
    let longestLine: Int

    /// Makes a batch of the lines that have come whole.
    /// - Parameters:
    ///   - buffer: gives the lines.
    ///   - count: the most records.
    ///   - first: the number of the first line.
    ///   - time: when the lines were read.
    /// - Returns: the batch, or nil if no line has come whole.
    func take(from buffer: inout LineBuffer, atMost count: Int, first: Int64, time: Timestamp) -> Taken? {
        // Half a KiB a record is more than most have; what needs more makes the batch grow.
        var builder = BatchBuilder(
            stream: stream, capacity: min(buffer.waiting, min(count, 1 << 20) * 512),
            recordCapacity: min(count, buffer.waiting / 256)
        )
        var number = first
        var blankLines: Int64 = 0
        var tooLong: [Int64: Int] = [:]
        while builder.recordCount < count, let line = buffer.next() {
            defer { number += 1 }
            let key: ByteRange
            let value: ByteRange
            switch line {
            case .whole(let range) where range.isEmpty:
                blankLines += 1
                continue
            case .whole(let range):
                (key, value) = buffer.bytes.withUnsafeBytes { append($0[range], to: &builder) }
            case .tooLong(let length):
                (key, value) = (.absent, builder.append(buffer.beginning))
                tooLong[number] = length
            }
            builder.add(
                Record(key: key, value: value, timestamp: time, position: Position(partition: 0, offset: number)))
        }
        guard number > first else { return nil }
        var batch = builder.finish(claims: [Claim(partition: 0, from: first, to: number)])
        if !tooLong.isEmpty { reject(tooLong, in: &batch) }
        return Taken(batch: batch, lines: number - first, blankLines: blankLines)
    }

    private func append(
        _ line: Slice<UnsafeRawBufferPointer>, to builder: inout BatchBuilder
    ) -> (key: ByteRange, value: ByteRange) {
        let line = UnsafeRawBufferPointer(rebasing: line)
        let value = builder.append(line)
        switch scanner?.find(in: line) {
        case nil, .absent:
            return (.absent, value)
        case .inPlace(let key):
            return (ByteRange(start: Int(value.start) + key.lowerBound, length: key.count), value)
        case .decoded(let key):
            return (builder.append(key), value)
        }
    }

    private func reject(_ lengths: [Int64: Int], in batch: inout Batch) {
        batch.reject(stage: stage) { record in
            lengths[record.offset].map {
                "the line has \($0) bytes and max_line allows \(longestLine); only its beginning is kept"
            }
        }
    }
}
