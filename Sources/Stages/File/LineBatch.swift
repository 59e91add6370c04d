internal import Pipeline

/// A line and its number, counted from 0.
struct NumberedLine: Sendable, Hashable {
    let number: Int64
    let line: LineBuffer.Line
}

/// Makes batches of lines: a line is a record, with a key if one is asked for. A line that is too long is dead from
/// the start.
struct LineBatch: Sendable {
    let stage: String
    let stream: StreamIdentity
    let scanner: MemberScanner?
    let longestLine: Int

    /// Makes a batch.
    /// - Parameters:
    ///   - lines: the lines in order.
    ///   - bytes: what their ranges are of.
    ///   - claim: what the batch answers for.
    ///   - time: when the lines were read.
    func make(of lines: [NumberedLine], in bytes: [UInt8], claim: Claim, time: Timestamp) -> Batch {
        var capacity = 0
        for line in lines { capacity += line.line.keptBytes }
        var builder = BatchBuilder(stream: stream, capacity: capacity, recordCapacity: lines.count)
        var tooLong: [Int64: Int] = [:]
        bytes.withUnsafeBytes { bytes in
            for line in lines {
                if case .tooLong(_, let length) = line.line { tooLong[line.number] = length }
                let (key, value) = append(line.line, of: bytes, to: &builder)
                builder.add(
                    Record(
                        key: key, value: value, timestamp: time,
                        position: Position(partition: claim.partition, offset: line.number)))
            }
        }
        var batch = builder.finish(claims: [claim])
        if !tooLong.isEmpty {
            batch.reject(stage: stage) { record in
                tooLong[record.offset].map {
                    "the line has \($0) bytes and max_line allows \(longestLine); only its beginning is kept"
                }
            }
        }
        return batch
    }

    private func append(
        _ line: LineBuffer.Line, of bytes: UnsafeRawBufferPointer, to builder: inout BatchBuilder
    ) -> (key: ByteRange, value: ByteRange) {
        switch line {
        case .tooLong(let beginning, _):
            return (.absent, builder.append(beginning))
        case .whole(let range):
            let line = UnsafeRawBufferPointer(rebasing: bytes[range])
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
    }
}

extension LineBuffer.Line {
    /// Bytes that a batch needs for it.
    fileprivate var keptBytes: Int {
        switch self {
        case .whole(let range): range.count
        case .tooLong(let beginning, _): beginning.count
        }
    }
}
