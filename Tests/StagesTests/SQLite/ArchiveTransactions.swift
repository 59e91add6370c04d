import Foundation
import Pipeline

/// Values of the ATM table for record number `number`, by column.
func transaction(_ number: Int, changing changes: [String: Any] = [:]) -> [String: Any] {
    let region = ["US-WEST", "EU-WEST", "APAC"][number % 3]
    let values: [String: Any] = [
        "transaction_id": "0197a1b2-0000-7000-8000-" + String(format: "%012x", number),
        "atm_id": String(format: "ATM-%04d", number % 100 + 1), "region_id": region,
        "amount": Double(number % 500) + 0.25, "status_code": number % 10 == 9 ? "FAILED" : "SUCCESS",
        "user_id": "USER-\(10_000 + number)", "card_number": "****-****-****-1234",
        "transaction_type": "WITHDRAWAL", "location": "Mall Center", "currency": "EUR",
        "timestamp": "2026-01-02T03:04:05.000000Z",
    ]
    return values.merging(changes) { $1 }
}

/// Makes batches of transactions as the runtime hands them to the archive: JSON in the buffer, the parsed fields in
/// the table.
struct TransactionBatch {
    static let stream = StreamIdentity(cluster: "cluster-1", topic: "atm-transactions")
    static let names = [
        "transaction_id", "atm_id", "region_id", "amount", "status_code", "user_id", "card_number",
        "transaction_type", "location", "currency", "timestamp",
    ]

    var stream = Self.stream
    var rows: [(position: Position, values: [String: Any])] = []
    var claims: [Claim] = []
    /// Offsets of records that a stage before the archive rejected.
    var dead: Set<Int64> = []

    /// Records of one partition, one at each position of a claim.
    static func records(_ range: Range<Int64>, partition: Int32 = 0) -> TransactionBatch {
        TransactionBatch(
            rows: range.map {
                (Position(partition: partition, offset: $0), transaction(Int($0) + Int(partition) * 1_000_000))
            },
            claims: [
                Claim(
                    partition: partition, from: range.lowerBound, to: range.upperBound, records: range.count)
            ])
    }

    /// The batch.
    func made() throws -> Batch {
        var builder = BatchBuilder(stream: stream, capacity: 512 * rows.count)
        var cells: [UInt64] = []
        var kinds: [UInt8] = []
        var unescaped: [UInt8] = []
        func place(_ start: Int, _ text: String) -> UInt64 { UInt64(start) | UInt64(text.utf8.count) << 32 }
        for (index, row) in rows.enumerated() {
            let json = try JSONSerialization.data(withJSONObject: row.values, options: .sortedKeys)
            let value = builder.append(json)
            let key = builder.append("ATM-\(index)".utf8)
            for name in Self.names {
                switch row.values[name] {
                case let text as String where text.contains("\""):
                    cells.append(place(unescaped.count, text))
                    kinds.append(FieldTable.Kind.unescapedText.rawValue)
                    unescaped += Array(text.utf8)
                case let text as String:
                    // A second copy stands for the place inside the JSON.
                    cells.append(place(Int(builder.append(text.utf8).start), text))
                    kinds.append(FieldTable.Kind.text.rawValue)
                case let number as Double:
                    cells.append(number.bitPattern)
                    kinds.append(FieldTable.Kind.real.rawValue)
                default:
                    cells.append(0)
                    kinds.append(FieldTable.Kind.missing.rawValue)
                }
            }
            var record = Record(
                key: key, value: value, timestamp: Timestamp(microseconds: 1_000_000 + row.position.offset),
                position: row.position)
            record.row = UInt32(index)
            builder.add(record)
        }
        var batch = builder.finish(claims: claims)
        batch.fields = FieldTable(names: Self.names, cells: cells, kinds: kinds, unescaped: unescaped)
        batch.reject(stage: "filter") { dead.contains($0.offset) ? "has no use" : nil }
        return batch
    }
}
