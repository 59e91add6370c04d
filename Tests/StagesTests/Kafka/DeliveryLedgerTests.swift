import Pipeline
import Synchronization
import PipelineTesting
import Testing

@testable import Stages

@Suite struct DeliveryLedgerTests {
    private static func batch(_ count: Int) -> Batch {
        var builder = BatchBuilder(stream: StreamIdentity(cluster: "test", topic: "t"), capacity: 16 * count)
        for offset in 0..<count {
            let value = builder.append(Array("v\(offset)".utf8))
            builder.add(
                Record(
                    value: value, timestamp: Timestamp(microseconds: 0),
                    position: Position(partition: 0, offset: Int64(offset))))
        }
        return builder.finish(claims: [Claim(partition: 0, from: 0, to: Int64(count))])
    }

    private static let receipt = Receipt { _ in }

    @Test("a batch is finished by its last report and not before")
    func lastReport() throws {
        let ledger = LedgerUnderTest(recordLimit: 100, byteLimit: 1 << 20)
        let slot = try #require(ledger.admit(Self.batch(3), Self.receipt, now: .zero))
        #expect(ledger.deliver(2, bytes: 4, of: slot) == nil)
        #expect(ledger.deliver(1, bytes: 2, of: slot) != nil)
        #expect(ledger.records == 0)
        #expect(ledger.bytes == 0)
        #expect(ledger.delivered == 3)
    }

    @Test("a batch larger than the limit comes in alone")
    func tooLarge() throws {
        let ledger = LedgerUnderTest(recordLimit: 2, byteLimit: 10)
        let slot = try #require(ledger.admit(Self.batch(5), Self.receipt, now: .zero))
        #expect(ledger.admit(Self.batch(1), Self.receipt, now: .zero) == nil)
        #expect(ledger.deliver(5, bytes: 0, of: slot) != nil)
        #expect(ledger.admit(Self.batch(1), Self.receipt, now: .zero) != nil)
    }

    @Test("neighbours of a refused record are sent again alone, and only the bad one is rejected")
    func suspects() throws {
        let ledger = LedgerUnderTest(recordLimit: 100, byteLimit: 1 << 20)
        let slot = try #require(ledger.admit(Self.batch(3), Self.receipt, now: .zero))
        let other = try #require(ledger.admit(Self.batch(1), Self.receipt, now: .zero))
        for index in 0..<3 { #expect(ledger.report(.init(slot: slot, index: index), .suspect("too large")) == nil) }
        #expect(ledger.nextAlone() == nil, "another batch is still in flight")
        #expect(ledger.admit(Self.batch(1), Self.receipt, now: .zero) == nil, "nothing may mix with the suspects")
        #expect(ledger.deliver(1, bytes: 0, of: other) != nil)

        var finished: DeliveryLedger.Finished?
        for index in 0..<3 {
            let alone = try #require(ledger.nextAlone())
            #expect(alone.ticket == .init(slot: slot, index: index))
            #expect(ledger.nextAlone() == nil, "one at a time")
            finished = ledger.report(alone.ticket, index == 1 ? .suspect("too large") : .delivered(bytes: 2))
        }
        #expect(finished?.rejections == [Rejection(index: 1, reason: "too large")])
        #expect(ledger.delivered == 3)
        #expect(ledger.rejected == 1)
        #expect(ledger.records == 0)
    }

    @Test("whatever the order of reports, every batch is finished once and the ledger ends empty", arguments: 0..<50)
    func randomSequences(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let ledger = LedgerUnderTest(recordLimit: 40, byteLimit: 4_000)
        var outstanding: [DeliveryLedger.Ticket] = []
        var admitted = 0
        var finished = 0
        var bad: Set<DeliveryLedger.Ticket> = []
        var rejections = 0
        func note(_ batch: DeliveryLedger.Finished?) {
            guard let batch else { return }
            finished += 1
            rejections += batch.rejections.count
        }
        var expectedRejections = 0
        while finished < 30 {
            if admitted < 30, random.next() % 3 == 0 {
                let count = Int(random.next() % 9) + 1
                if let slot = ledger.admit(Self.batch(count), Self.receipt, now: .zero) {
                    admitted += 1
                    for index in 0..<count {
                        let ticket = DeliveryLedger.Ticket(slot: slot, index: index)
                        outstanding.append(ticket)
                        if random.next() % 20 == 0 {
                            bad.insert(ticket)
                            expectedRejections += 1
                        }
                    }
                }
            }
            if let place = outstanding.indices.randomElement(using: &random) {
                let ticket = outstanding.remove(at: place)
                let isRefused = bad.contains(ticket) || random.next() % 10 == 0
                note(ledger.report(ticket, isRefused ? .suspect("bad") : .delivered(bytes: 1)))
            }
            if let alone = ledger.nextAlone() {
                #expect(outstanding.isEmpty)
                let isBad = bad.remove(alone.ticket) != nil
                note(ledger.report(alone.ticket, isBad ? .suspect("bad") : .delivered(bytes: 1)))
            }
        }
        #expect(rejections == expectedRejections)
        #expect(ledger.records == 0)
        #expect(ledger.bytes == 0)
    }
}

/// The ledger behind a reference, since the expectation macros cannot call what changes a value.
final class LedgerUnderTest {
    private var ledger: DeliveryLedger

    init(recordLimit: Int, byteLimit: Int) {
        ledger = DeliveryLedger(recordLimit: recordLimit, byteLimit: byteLimit)
    }

    var records: Int { ledger.records }
    var bytes: Int { ledger.bytes }
    var delivered: Int64 { ledger.delivered }
    var rejected: Int64 { ledger.rejected }

    func admit(_ batch: Batch, _ receipt: Receipt, now: Duration) -> Int? {
        ledger.admit(batch, receipt, now: now)
    }

    func deliver(_ count: Int, bytes: Int, of slot: Int) -> DeliveryLedger.Finished? {
        ledger.deliver(count, bytes: bytes, of: slot)
    }

    func report(_ ticket: DeliveryLedger.Ticket, _ verdict: DeliveryLedger.Verdict) -> DeliveryLedger.Finished? {
        ledger.report(ticket, verdict)
    }

    func nextAlone() -> (ticket: DeliveryLedger.Ticket, batch: Batch)? { ledger.nextAlone() }
}
