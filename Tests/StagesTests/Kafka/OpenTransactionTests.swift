import CRDKafka
import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import Stages

@Suite("The open transaction")
struct OpenTransactionTests {
    private static let tooLarge = KafkaError(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    private static let receipt = Receipt { _ in }

    private static func batch(_ count: Int, from first: Int64 = 0) -> Batch {
        .of((0..<count).map { TestRecord("k", "v\($0)") }, from: first)
    }

    private static func ticket(_ slot: Int, _ index: Int) -> OpenTransaction.Ticket { .init(slot: slot, index: index) }

    @Test(
        "what is stored already is left out, and what is refused of the rest is named by its place in the batch as given"
    )
    func places() {
        var transaction = OpenTransaction()
        let (slot, rest) = transaction.add(Self.batch(10, from: 100), Self.receipt, storedBelow: [0: 104])
        #expect(rest.records.map(\.offset) == Array(104..<110))
        #expect(transaction.records == 6)
        transaction.send(6)
        transaction.deliver(5)
        transaction.comeBack(Self.ticket(slot, 2), Self.tooLarge, isAlone: true)
        transaction.removeRefused()
        let writing = transaction.takeAll()[slot]
        #expect(writing.repeated == 4)
        #expect(writing.rejections.map(\.index) == [6])
        #expect(writing.batch.records.map(\.offset) == [104, 105, 107, 108, 109])
        #expect(transaction.isEmpty)
    }

    @Test("what a broker sends back is only suspected, and what the client gives up is nobody's fault")
    func suspects() {
        var transaction = OpenTransaction()
        _ = transaction.add(Self.batch(4), Self.receipt, storedBelow: nil)
        transaction.send(4)
        transaction.comeBack(Self.ticket(0, 0), Self.tooLarge, isAlone: false)
        transaction.comeBack(Self.ticket(0, 1), Self.tooLarge, isAlone: false)
        transaction.comeBack(Self.ticket(0, 2), KafkaError(RD_KAFKA_RESP_ERR__PURGE_QUEUE), isAlone: false)
        transaction.comeBack(Self.ticket(0, 3), KafkaError(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT), isAlone: false)
        #expect(transaction.inFlight == 0)
        #expect(transaction.failure == nil)
        #expect(transaction.refused.isEmpty)
        let findings = transaction.takeFindings()
        #expect(Set(findings.suspects.keys) == [Self.ticket(0, 0), Self.ticket(0, 1)])
        #expect(findings.unsent == [Self.ticket(0, 2), Self.ticket(0, 3)])
        #expect(!transaction.hasFailed)
        #expect(transaction.records == 4)
    }

    @Test("an error that is about no record, and any about the progress, is the transaction's")
    func failures() {
        for (slot, error) in [
            (0, KafkaError(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)), (OpenTransaction.progressSlot, Self.tooLarge),
        ] {
            var transaction = OpenTransaction()
            _ = transaction.add(Self.batch(1), Self.receipt, storedBelow: nil)
            transaction.send(1)
            transaction.comeBack(Self.ticket(slot, 0), error, isAlone: false)
            #expect(transaction.failure == error)
            #expect(transaction.suspects.isEmpty)
            transaction.abort()
            #expect(transaction.failure == nil)
            #expect(transaction.records == 1, "an aborted transaction is written again")
        }
    }

    @Test("however records are refused, each is written or rejected, once, in order", arguments: 0..<40)
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var transaction = OpenTransaction()
        var given: [Batch] = []
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            let batch = Self.batch(Int.random(in: 0...8, using: &random), from: Int64(given.count) * 100)
            _ = transaction.add(batch, Self.receipt, storedBelow: nil)
            given.append(batch)
        }
        var bad: Set<Position> = []
        for record in given.flatMap(\.records) where Int.random(in: 0..<4, using: &random) == 0 {
            bad.insert(record.position)
        }
        // Several rounds, as where a second bad record shows only when the first is gone.
        for _ in 0..<3 {
            for (slot, writing) in transaction.writings.enumerated() {
                transaction.send(writing.batch.records.count)
                for (index, record) in writing.batch.records.enumerated() {
                    if bad.contains(record.position), Bool.random(using: &random) {
                        transaction.comeBack(Self.ticket(slot, index), Self.tooLarge, isAlone: true)
                    } else {
                        transaction.deliver(1)
                    }
                }
            }
            transaction.removeRefused()
        }
        #expect(transaction.records == transaction.writings.reduce(0) { $0 + $1.batch.records.count })
        for (batch, writing) in zip(given, transaction.takeAll()) {
            let rejected = writing.rejections.map { batch.records[$0.index].position }
            #expect(bad.isSuperset(of: rejected))
            let written = writing.batch.records.map(\.position)
            #expect(written == batch.records.map(\.position).filter { !rejected.contains($0) })
            #expect(Set(rejected).count == rejected.count)
        }
    }
}

@Suite("The search for refused records")
struct RefusalSearchTests {
    @Test("finds exactly the bad ones, whatever comes back with them", arguments: 0..<60)
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let all = (0..<Int.random(in: 1...400, using: &random)).map {
            RefusalSearch.Ticket(slot: $0 / 50, index: $0 % 50)
        }
        let bad = Set(all.shuffled(using: &random).prefix(Int.random(in: 1...5, using: &random)))
        let requestSize = Int.random(in: 1...100, using: &random)
        /// A broker that refuses every request with a bad record in it, and a client that may send no more then.
        func attempt(
            _ tickets: [RefusalSearch.Ticket], sendsOn: Bool
        ) -> (refused: [RefusalSearch.Ticket: String], unsent: [RefusalSearch.Ticket]) {
            var refused: [RefusalSearch.Ticket: String] = [:]
            for start in stride(from: 0, to: tickets.count, by: requestSize) {
                let request = tickets[start..<min(start + requestSize, tickets.count)]
                if !request.contains(where: bad.contains) { continue }
                for ticket in request { refused[ticket] = "bad" }
                if !sendsOn { return (refused, Array(tickets[request.endIndex...])) }
            }
            return (refused, [])
        }
        var search = RefusalSearch(attempt(all, sendsOn: true).refused)
        var tries = 0
        while let group = search.next() {
            tries += 1
            let (refused, unsent) = attempt(group, sendsOn: seed.isMultiple(of: 2))
            search.report(refused, unsent: unsent)
        }
        #expect(Set(search.found.keys) == bad)
        // For each bad one two tries a halving, and one more for what was left unsent behind it.
        #expect(tries <= bad.count * 3 * 10)
    }
}
