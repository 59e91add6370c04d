import Foundation
import Pipeline
import Testing

@testable import Stages

@Suite("The text of a transaction")
struct TransactionWriterTests {
    private func batch(_ stream: TransactionStream, _ indices: Range<Int64>, at time: Timestamp?) -> Batch {
        var writer = TransactionWriter(stream)
        var builder = BatchBuilder(stream: stream.identity, capacity: 0)
        // In two halves: what neighbours share must survive from one batch to the next.
        let middle = (indices.lowerBound + indices.upperBound) / 2
        let first = writer.append(indices.lowerBound..<middle, at: time, to: &builder)
        let second = writer.append(middle..<indices.upperBound, at: time, to: &builder)
        var batch = builder.finish(claims: [Claim(partition: 0, from: indices.lowerBound, to: indices.upperBound)])
        batch.records = first + second
        return batch
    }

    private func text(_ batch: Batch, _ range: ByteRange) -> String {
        String(decoding: batch.bytes(range) ?? [], as: UTF8.self)
    }

    /// The message as the documentation has it, put together the slow way.
    private func message(_ transaction: Transaction) -> String {
        let fields = [
            ("transaction_id", "\"\(transaction.transactionID)\""), ("atm_id", "\"\(transaction.atmID)\""),
            ("region_id", "\"\(transaction.regionID)\""), ("amount", transaction.amount),
            ("status_code", "\"\(transaction.statusCode)\""), ("user_id", "\"\(transaction.userID)\""),
            ("card_number", "\"\(transaction.cardNumber)\""),
            ("transaction_type", "\"\(transaction.transactionType)\""),
            ("location", "\"\(transaction.locationName)\""), ("currency", "\"\(transaction.currencyCode)\""),
            ("timestamp", "\"\(transaction.timestamp)\""),
        ]
        return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    @Test(
        "every record of a batch reads as its fields say, wherever its time comes from",
        arguments: [
            TransactionSettings(seed: 1), TransactionSettings(seed: 2, wander: true),
            TransactionSettings(seed: 3, stepMicroseconds: 333_333, atms: 9_999),
            TransactionSettings(seed: 4, stepMicroseconds: 1, shard: 7, atms: 1),
        ], [nil, Timestamp(microseconds: 1_750_000_000_999_999)])
    func fields(settings: TransactionSettings, time: Timestamp?) {
        let stream = TransactionStream(settings)
        let indices = (Int64(1) << 32) - 300..<(Int64(1) << 32) + 300
        let batch = batch(stream, indices, at: time)
        #expect(batch.records.count == indices.count)
        for (index, record) in zip(indices, batch.records) {
            let transaction = stream.transaction(at: index, time: time ?? stream.scheduledTime(of: index))
            #expect(text(batch, record.value) == message(transaction))
            #expect(text(batch, record.key) == transaction.atmID)
            #expect(record.timestamp == transaction.time)
            #expect(record.position == Position(partition: settings.shard, offset: index))
        }
    }

    @Test("a JSON reader finds the eleven fields in their types")
    func readable() throws {
        let stream = TransactionStream(TransactionSettings(seed: 6))
        let batch = batch(stream, 0..<500, at: nil)
        for record in batch.records {
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(batch.bytes(record.value) ?? [])) as? [String: Any])
            #expect(object.count == 11)
            let amount = try #require(object["amount"] as? Double)
            let type = try #require(object["transaction_type"] as? String)
            #expect((amount == 0) == (type == "BALANCE_INQUIRY"))
            #expect(object.values.count { $0 is String } == 10)
        }
    }

    @Test("the stream of a seed is the same in every version")
    func golden() {
        let stream = TransactionStream(TransactionSettings(seed: 42))
        let batch = batch(stream, 0..<2, at: nil)
        #expect(
            batch.records.map { text(batch, $0.value) } == [
                #"{"transaction_id":"01941f29-7c00-70fc-a1c1-720000000000","atm_id":"ATM-0083","region_id":"EU-WEST""#
                    + #","amount":59.89,"status_code":"FAILED","user_id":"USER-86330""#
                    + #","card_number":"****-****-****-1019","transaction_type":"WITHDRAWAL""#
                    + #","location":"Mall Center","currency":"GBP","timestamp":"2025-01-01T00:00:00.000000Z"}"#,
                #"{"transaction_id":"01941f29-7c01-70fc-a1c1-720000000001","atm_id":"ATM-0032","region_id":"APAC""#
                    + #","amount":0.00,"status_code":"SUCCESS","user_id":"USER-86993""#
                    + #","card_number":"****-****-****-7869","transaction_type":"BALANCE_INQUIRY""#
                    + #","location":"University Campus","currency":"JPY","timestamp":"2025-01-01T00:00:00.001000Z"}"#,
            ])
    }

    @Test("no record is longer than the room it is given")
    func room() {
        let longest = TransactionText().longest
        var settings = TransactionSettings(seed: 9, atms: 9_999, wander: true)
        settings.statusWeights = [0, 0, 0, 1, 0]
        settings.typeWeights = [0, 1, 0, 1]
        let batch = batch(TransactionStream(settings), 0..<20_000, at: nil)
        let lengths = batch.records.map(\.value.length)
        // The longest type has the shortest amount, so three bytes of the bound stay free.
        #expect(lengths.max() == longest - 3)
    }
}
