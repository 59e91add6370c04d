import Foundation
import Pipeline
import Testing

@testable import Stages

@Suite("A producer's progress")
struct ProducerProgressTests {
    private static let stream = StreamIdentity(cluster: "test", topic: "test")

    private static func batch(_ claims: Claim...) -> Batch { Batch(stream: stream, claims: claims) }

    @Test("comes back from its record as it was, partitions and stream included")
    func roundTrip() throws {
        var progress = ProducerProgress(tenure: 7, stream: StreamIdentity(cluster: "generator", topic: "seed=4 \"x\""))
        progress.next = [0: 0, 7: 9_007_199_254_740_993, 12: 5]
        #expect(try ProducerProgress(decoding: progress.encoded()) == progress)
        let empty = ProducerProgress()
        #expect(try ProducerProgress(decoding: empty.encoded()) == empty)
    }

    @Test(
        "is not guessed at where the record is of a later version or of another kind",
        arguments: [
            (#"{"version":2,"anything":true}"#, "version 2"), ("", "no progress"), ("[]", "no progress"),
            (#"{"version":1,"tenure":1}"#, "form of version 1"),
            (#"{"version":1,"tenure":1,"next":{"a":1}}"#, "a position that is none"),
            (#"{"version":1,"tenure":1,"next":{"0":-4}}"#, "a position that is none"),
        ])
    func unreadable(value: String, reason: String) throws {
        let error = #expect(throws: PipelineError.self) { try ProducerProgress(decoding: Array(value.utf8)) }
        #expect(error?.code == .configuration)
        #expect(error?.reason.contains(reason) == true)
        #expect(error?.remedy?.contains("transactional_id") == true)
    }

    @Test("moves behind each batch and tells what of one is stored already")
    func advance() throws {
        var progress = ProducerProgress()
        #expect(try progress.advance(over: Self.batch(.init(partition: 0, from: 5, to: 8))) == nil)
        #expect(try progress.advance(over: Self.batch(.init(partition: 0, from: 8, to: 9))) == nil)
        let again = try progress.advance(
            over: Self.batch(.init(partition: 0, from: 7, to: 12), .init(partition: 1, from: 0, to: 1)))
        #expect(again == [0: 9])
        #expect(progress.next == [0: 12, 1: 1])
        #expect(try progress.advance(over: Self.batch(.init(partition: 0, from: 2, to: 4))) != nil)
        #expect(progress.next == [0: 12, 1: 1], "it never goes back")
    }

    @Test("refuses a batch that leaves positions out, and another stream")
    func refusals() throws {
        var progress = ProducerProgress(stream: Self.stream, next: [0: 5])
        let gap = #expect(throws: PipelineError.self) {
            _ = try progress.advance(over: Self.batch(.init(partition: 0, from: 6, to: 7)))
        }
        #expect(gap?.code == .internalFault)
        let other = #expect(throws: PipelineError.self) {
            try progress.take(StreamIdentity(cluster: "test", topic: "other"))
        }
        #expect(other?.code == .configuration)
        #expect(other?.remedy?.contains("transactional_id") == true)
        #expect(progress.stream == Self.stream)
    }

    @Test("claims what lies between two states, and nothing for what stood still")
    func claims() {
        let earlier = ProducerProgress(next: [0: 5, 1: 7])
        let later = ProducerProgress(next: [0: 9, 1: 7, 2: 3])
        #expect(
            later.claims(since: earlier) == [
                Claim(partition: 0, from: 5, to: 9), Claim(partition: 2, from: 3, to: 3),
            ])
    }
}
