import Pipeline

/// A member of a record as a test writes it.
enum Member {
    case text(String)
    /// A string that had escapes: its bytes stand in the table's own buffer.
    case unescaped(String)
    case integer(Int64)
    case real(Double)
    case boolean(Bool)
    case null
    case composite
}

extension Member: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(floatLiteral value: Double) { self = .real(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
}

/// Makes a batch as the runtime hands it to a stage that needs fields: its records hold the strings, the table says
/// where they stand.
func parsedBatch(
    _ rows: [[String: Member]], columns: [String]? = nil, offset: Int64 = 0,
    timestamp: Timestamp = Timestamp(microseconds: 0)
) -> Batch {
    let names = columns ?? Set(rows.flatMap(\.keys)).sorted()
    var builder = BatchBuilder(stream: StreamIdentity(cluster: "test", topic: "rows"), capacity: 64)
    var cells: [UInt64] = []
    var kinds: [UInt8] = []
    var unescaped: [UInt8] = []
    func place(_ start: Int, _ length: Int) -> UInt64 { UInt64(start) | UInt64(length) << 32 }
    for (index, row) in rows.enumerated() {
        let start = builder.count
        for name in names {
            let (cell, kind): (UInt64, FieldTable.Kind)
            switch row[name] {
            case .text(let text):
                let range = builder.append(text.utf8)
                (cell, kind) = (place(Int(range.start), range.length), .text)
            case .unescaped(let text):
                (cell, kind) = (place(unescaped.count, text.utf8.count), .unescapedText)
                unescaped += Array(text.utf8)
            case .integer(let value): (cell, kind) = (UInt64(bitPattern: value), .integer)
            case .real(let value): (cell, kind) = (value.bitPattern, .real)
            case .boolean(let value): (cell, kind) = (value ? 1 : 0, .boolean)
            case .null: (cell, kind) = (0, .null)
            case .composite: (cell, kind) = (0, .composite)
            case nil: (cell, kind) = (0, .missing)
            }
            cells.append(cell)
            kinds.append(kind.rawValue)
        }
        var record = Record(
            value: ByteRange(start: start, length: builder.count - start), timestamp: timestamp,
            position: Position(partition: 0, offset: offset + Int64(index)))
        record.row = UInt32(index)
        builder.add(record)
    }
    var batch = builder.finish(claims: [Claim(partition: 0, from: offset, to: offset + Int64(rows.count))])
    batch.fields = FieldTable(names: names, cells: cells, kinds: kinds, unescaped: unescaped)
    return batch
}
