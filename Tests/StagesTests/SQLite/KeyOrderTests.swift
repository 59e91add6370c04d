import Pipeline
import PipelineTesting
import Testing

@testable import Stages

@Suite("The order of an archive's rows")
struct KeyOrderTests {
    @Test("records come in the order of their keys' bytes, equal ones as they came", arguments: 0..<200)
    func naive(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        // Few letters, and beginnings in common that end around the 40 bytes that are compared as numbers.
        let prefix = String(repeating: "k", count: Int.random(in: 0...42, using: &random))
        let keys = (0..<Int.random(in: 0...60, using: &random)).map { _ in
            prefix
                + String(
                    (0..<Int.random(in: 0...4, using: &random)).map { _ in
                        "\u{1}a\u{FF}".randomElement(using: &random) ?? "a"
                    })
        }
        let (batch, fields) = Self.batch(keys) { _ in Bool.random(using: &random) }
        // Some were left out by the plan.
        let planned = keys.indices.filter { _ in Int.random(in: 0..<5, using: &random) > 0 }.map { UInt32($0) }
        var order = planned
        KeyOrder.sort(&order, of: batch, fields, column: 1)
        let expected = planned.sorted { left, right in
            let (one, other) = (Array(keys[Int(left)].utf8), Array(keys[Int(right)].utf8))
            return one == other ? left < right : one.lexicographicallyPrecedes(other)
        }
        #expect(order == expected)
    }

    /// Records with their keys in the second of two columns, in the batch or, where it says so, among the unescaped.
    private static func batch(_ keys: [String], isUnescaped: (Int) -> Bool) -> (Batch, FieldTable) {
        var builder = BatchBuilder(stream: TransactionBatch.stream, capacity: 64)
        var cells: [UInt64] = []
        var kinds: [UInt8] = []
        var unescaped: [UInt8] = []
        for (index, key) in keys.enumerated() {
            let place: Int
            if isUnescaped(index) {
                place = unescaped.count
                unescaped += Array(key.utf8)
                kinds += [FieldTable.Kind.missing.rawValue, FieldTable.Kind.unescapedText.rawValue]
            } else {
                place = Int(builder.append(key.utf8).start)
                kinds += [FieldTable.Kind.missing.rawValue, FieldTable.Kind.text.rawValue]
            }
            cells += [0, UInt64(place) | UInt64(key.utf8.count) << 32]
            var record = Record(
                key: .absent, value: .absent, timestamp: Timestamp(microseconds: 0),
                position: Position(partition: 0, offset: Int64(index)))
            record.row = UInt32(index)
            builder.add(record)
        }
        return (
            builder.finish(claims: []),
            FieldTable(names: ["other", "key"], cells: cells, kinds: kinds, unescaped: unescaped)
        )
    }
}
