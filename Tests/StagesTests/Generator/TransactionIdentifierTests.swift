import Pipeline
import Testing

@testable import Stages

@Suite("A transaction's id")
struct TransactionIdentifierTests {
    @Test("the example of RFC 9562 is read as the RFC says")
    func example() throws {
        let identifier = try #require(TransactionIdentifier("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"))
        #expect(identifier.milliseconds == 1_645_557_742_000)
        #expect(identifier.description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    }

    @Test("time, stream and index come back from the text", arguments: [0, 1, 0xFF_FFFF_FFFF, 0x12_3456_789A])
    func roundTrip(index: Int64) throws {
        for streamID in [0, 1, 0x3_FFFF_FFFF, 0x2_A5A5_5A5A] as [UInt64] {
            let identifier = TransactionIdentifier(milliseconds: 1_735_689_600_123, streamID: streamID, index: index)
            let read = try #require(TransactionIdentifier(identifier.description))
            #expect(read == identifier)
            #expect((read.milliseconds, read.streamID, read.index) == (1_735_689_600_123, streamID, index))
        }
    }

    @Test(
        "what is no UUID of version 7 is not read",
        arguments: [
            "", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-18c4-dc0c0c07398f", "017f22e2079b0-7cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
        ])
    func rejection(text: String) {
        #expect(TransactionIdentifier(text) == nil)
    }

    @Test("ids of one millisecond sort as their records were made")
    func order() {
        let stream = TransactionStream(TransactionSettings(seed: 1))
        let ids = (Int64(0)..<300).map { stream.transaction(at: $0, time: stream.settings.start).transactionID }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
    }

    @Test("seed, start and shard each make another stream")
    func streams() {
        let start = Timestamp(microseconds: 1_735_689_600_000_000)
        let later = Timestamp(microseconds: 1_735_689_600_000_001)
        let streams = [
            TransactionSettings(seed: 1, start: start), TransactionSettings(seed: 2, start: start),
            TransactionSettings(seed: 1, start: later), TransactionSettings(seed: 1, start: start, shard: 1),
        ].map(TransactionStream.init)
        #expect(Set(streams.map(\.streamID)).count == 4)
        #expect(Set(streams.map(\.identity)).count == 4)
        #expect(streams.map { TransactionStream.seed(of: $0.identity) } == [1, 2, 1, 1])
    }

    @Test("a stream ends where ids or times can number no more")
    func capacity() {
        #expect(TransactionStream(TransactionSettings(seed: 1)).capacity == 1 << 40)
        let hourly = TransactionStream(TransactionSettings(seed: 1, stepMicroseconds: 3_600_000_000))
        #expect(hourly.scheduledTime(of: hourly.capacity - 1).rfc3339 == "9999-12-31T23:00:00.000000Z")
    }
}
