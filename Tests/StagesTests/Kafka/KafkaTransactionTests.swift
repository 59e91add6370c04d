import CRDKafka
import Pipeline
import PipelineTesting
import Testing

@testable import Stages

@Suite(
    "The kafka sink that delivers exactly once", .enabled(if: KafkaTestCluster.isThere, KafkaTestCluster.reason),
    .timeLimit(.minutes(2)))
struct KafkaTransactionTests {
    @Test("a reader of committed records sees a batch with its commit and not before, when it is acknowledged too")
    func commit() async throws {
        let trial = try TransactionTrial()
        let sink = try trial.sink()
        #expect(try await trial.open(sink) == 0)
        let answer = try await trial.write(TransactionTrial.batch(0..<100), to: sink)
        #expect(try await trial.committed().isEmpty)
        #expect(answer.value == nil)
        try await sink.flush()
        #expect(answer.value == [])
        #expect(try await trial.committed() == (0..<100).map { "\($0)" })
        #expect(try await sink.storedPositions() == [0: 100])
        await sink.close()
    }

    @Test("a full transaction is committed by the write that fills it")
    func full() async throws {
        let trial = try TransactionTrial()
        let sink = try trial.sink(["transaction_records": .integer(50)])
        try await trial.open(sink)
        let first = try await trial.write(TransactionTrial.batch(0..<30), to: sink)
        let second = try await trial.write(TransactionTrial.batch(30..<50), to: sink)
        #expect(first.value == [])
        #expect(second.value == [])
        #expect(try await trial.committed().count == 50)
        await sink.close()
    }

    @Test("the next one goes on where the last commit ended, and writes nothing twice that it is given again")
    func restart() async throws {
        let trial = try TransactionTrial(partitions: 3)
        let first = try trial.sink()
        try await trial.open(first)
        try await trial.write(TransactionTrial.batch(0..<100), to: first)
        try await first.flush()
        let lost = try await trial.write(TransactionTrial.batch(100..<150), to: first)
        await first.close()
        #expect(lost.value == nil)

        let second = try trial.sink()
        #expect(try await trial.open(second) == 100)
        #expect(trial.lines.all.contains { $0.message == "goes on with a stream" })
        try await trial.write(TransactionTrial.batch(90..<120), to: second)
        try await trial.write(TransactionTrial.batch(120..<200), to: second)
        try await second.flush()
        #expect(second.measurements.contains(.total("repeated", 10)))
        #expect(second.measurements.contains(.total("delivered", 100)))
        await second.close()
        let seen = try await trial.committed()
        #expect(Set(seen) == Set((0..<200).map { "\($0)" }))
        #expect(seen.count == 200)
    }

    @Test("what a killed producer left open is aborted by its successor at once, which goes on behind the last commit")
    func crash() async throws {
        let trial = try TransactionTrial()
        let first = try trial.sink()
        try await trial.open(first)
        try await trial.write(TransactionTrial.batch(0..<10), to: first)
        try await first.flush()
        await first.close()
        // To the broker a killed process and a client that is ended in mid-transaction are the same.
        let killed = try TransactionTrial.openTransaction(trial.id, trial.topic, 0)
        killed.destroy()

        let second = try trial.sink()
        #expect(try await trial.open(second) == 10)
        try await trial.write(TransactionTrial.batch(10..<20), to: second)
        try await second.flush()
        await second.close()
        #expect(try await trial.committed() == (0..<20).map { "\($0)" })
    }

    @Test("a producer killed between its progress and its commit keeps its successor waiting no longer than another")
    func crashBehindProgress() async throws {
        let trial = try TransactionTrial(progressTopic: KafkaTestCluster.uniqueName("progress"))
        let first = try trial.sink()
        try await trial.open(first)
        await first.close()
        let killed = try TransactionTrial.openTransaction(
            trial.id, trial.progressTopic, trial.progressPartition)
        killed.destroy()
        let begun = KafkaTestCluster.clock.now
        let second = try trial.sink()
        #expect(try await trial.open(second) == 0)
        // Its transaction would have been open for a minute.
        #expect(KafkaTestCluster.clock.now - begun < .seconds(20))
        await second.close()
    }

    @Test("no progress is a new stream, and the log says so")
    func newStream() async throws {
        let trial = try TransactionTrial()
        let sink = try trial.sink()
        try await trial.open(sink)
        await sink.close()
        let line = try #require(trial.lines.all.first { $0.message.contains("this is a new stream") })
        #expect(line.details.contains(Log.Detail("transactional_id", trial.id)))
    }

    @Test("another stream under the same transactional.id is refused, and the stored one stays")
    func anotherStream() async throws {
        let trial = try TransactionTrial()
        let first = try trial.sink()
        try await trial.open(first)
        await first.close()
        let second = try trial.sink()
        try await second.open(trial.context)
        let error = await #expect(throws: PipelineError.self) {
            try await second.begin(StreamIdentity(cluster: "test", topic: "other"), at: [0: 0])
        }
        #expect(error?.code == .configuration)
        #expect(error?.remedy?.contains("transactional_id") == true)
        await second.close()
        let third = try trial.sink()
        try await third.open(trial.context)
        #expect(try await third.storedStream() == TransactionTrial.stream)
        await third.close()
    }

    @Test("one that only asks for the stored stream takes nothing from the producer that runs")
    func asking() async throws {
        let trial = try TransactionTrial()
        let running = try trial.sink()
        try await trial.open(running)
        let asking = try trial.sink()
        try await asking.open(trial.context)
        #expect(try await asking.storedStream() == TransactionTrial.stream)
        await asking.close()
        try await trial.write(TransactionTrial.batch(0..<10), to: running)
        try await running.flush()
        #expect(try await trial.committed().count == 10)
        await running.close()
    }

    @Test("a producer that is fenced by its successor ends with an error of its own, and takes nothing back")
    func fenced() async throws {
        let trial = try TransactionTrial()
        let first = try trial.sink()
        try await trial.open(first)
        try await trial.write(TransactionTrial.batch(0..<10), to: first)
        try await first.flush()
        try await trial.write(TransactionTrial.batch(10..<20), to: first)

        let second = try trial.sink()
        #expect(try await trial.open(second) == 10)
        let error = await #expect(throws: PipelineError.self) {
            try await first.flush()
        }
        #expect(error?.code == .fenced)
        #expect(error?.isRetriable == false)
        #expect(error?.reason.contains("taken its transactional.id over") == true)
        #expect(error?.reason.contains("transaction_timeout") == true)
        try await trial.failures.wait { $0.map(\.code) == [.fenced] }
        await first.close()

        try await trial.write(TransactionTrial.batch(10..<30), to: second)
        try await second.flush()
        await second.close()
        #expect(try await trial.committed() == (0..<30).map { "\($0)" })
    }

    @Test("one that was closed and opens again does not take the id from a successor that has begun meanwhile")
    func awayMeanwhile() async throws {
        let trial = try TransactionTrial()
        let first = try trial.sink()
        try await trial.open(first)
        await first.close()
        let second = try trial.sink()
        try await trial.open(second)

        try await first.open(trial.context)
        let error = await #expect(throws: PipelineError.self) { try await first.start() }
        #expect(error?.code == .fenced)
        await first.close()
        try await trial.write(TransactionTrial.batch(0..<10), to: second)
        try await second.flush()
        #expect(try await trial.committed().count == 10)
        await second.close()
    }

    @Test("a record too large for the topic is rejected, its neighbours are committed")
    func tooLarge() async throws {
        let trial = try TransactionTrial()
        let sink = try trial.sink()
        try await trial.open(sink)
        let answer = try await trial.write(
            TransactionTrial.batch(0..<50) {
                $0[20] = TestRecord("k", bytes: [UInt8](repeating: 65, count: 3_000_000))
            }, to: sink)
        try await sink.flush()
        #expect(answer.value?.map(\.index) == [20])
        #expect(answer.value?.first?.reason.contains("too large") == true)
        #expect(try await trial.committed() == (0..<50).filter { $0 != 20 }.map { "\($0)" })
        #expect(try await sink.storedPositions() == [0: 50])
        await sink.close()
    }

    @Test("times the broker refuses reject those records alone, and nothing is there twice for the tries it took")
    func badTimes() async throws {
        let trial = try TransactionTrial()
        let sink = try trial.sink(["timestamp": .text("record")])
        try await trial.open(sink)
        let now = KafkaTestCluster.clock.wallTime
        func stamp(_ records: inout [TestRecord], bad: Set<Int>) {
            for index in records.indices {
                let ahead: Int64 = bad.contains(index) ? 7 * 86_400_000 : 0
                records[index].timestamp = Timestamp(milliseconds: now.milliseconds + ahead)
            }
        }
        let first = try await trial.write(TransactionTrial.batch(0..<300) { stamp(&$0, bad: [11, 250]) }, to: sink)
        let second = try await trial.write(TransactionTrial.batch(300..<400) { stamp(&$0, bad: [99]) }, to: sink)
        try await sink.flush()
        #expect(first.value?.map(\.index) == [11, 250])
        #expect(second.value?.map(\.index) == [99])
        #expect(first.value?.first?.reason.contains("INVALID_TIMESTAMP") == true)
        try await trial.write(TransactionTrial.batch(400..<410) { stamp(&$0, bad: []) }, to: sink)
        try await sink.flush()
        let bad = Set([11, 250, 399])
        #expect(try await trial.committed() == (0..<410).filter { !bad.contains($0) }.map { "\($0)" })
        #expect(trial.failures.value.isEmpty)
        await sink.close()
    }

    @Test("a refused record is found although nothing more is sent behind it, in many requests and partitions")
    func manyRequests() async throws {
        let trial = try TransactionTrial(partitions: 3)
        let sink = try trial.sink([
            "timestamp": .text("record"), "properties": .object(["batch.num.messages": .integer(100)]),
        ])
        try await trial.open(sink)
        let now = KafkaTestCluster.clock.wallTime.milliseconds
        let answer = try await trial.write(
            TransactionTrial.batch(0..<20_000) { records in
                for index in records.indices {
                    records[index].timestamp = Timestamp(milliseconds: now + (index == 3_333 ? 7 * 86_400_000 : 0))
                }
            }, to: sink)
        try await sink.flush()
        #expect(answer.value?.map(\.index) == [3_333])
        let seen = try await trial.committed()
        #expect(seen.count == 19_999)
        #expect(Set(seen) == Set((0..<20_000).filter { $0 != 3_333 }.map { "\($0)" }))
        await sink.close()
    }

    @Test("a transaction that waits for other sinks for long is aborted, holds up no reader, and is written again")
    func patience() async throws {
        let trial = try TransactionTrial()
        let sink = try trial.sink(["transaction_timeout": .duration(.seconds(4))])
        let othersHold = Watched(false)
        let isAborted = Watched(false)
        let stage = StageContext(
            name: "kafka", pipeline: "test",
            log: Log { if $0.message.hasPrefix("aborts its transaction") { isAborted.set(true) } },
            clock: KafkaTestCluster.clock
        ) { _ in }
        try await sink.open(
            SinkContext(
                stage: stage, takesDeadLetters: false, barrier: { _ in try await othersHold.wait { $0 } },
                failure: { Issue.record("\($0)") }))
        try await sink.begin(TransactionTrial.stream, at: [0: 0])
        try await sink.start()
        let answer = try await trial.write(TransactionTrial.batch(0..<10), to: sink)
        async let flushed: Void = sink.flush()
        try await isAborted.wait { $0 }
        try await deliver([TestRecord("k", "beside")], to: trial.topic)
        #expect(try await trial.committed() == ["beside"])
        #expect(answer.value == nil)
        othersHold.set(true)
        try await flushed
        #expect(answer.value == [])
        #expect(try await trial.committed() == ["beside"] + (0..<10).map { "\($0)" })
        await sink.close()
    }

    @Test("shards of one pipeline have ids of their own and write beside each other")
    func shards() async throws {
        let topic = try KafkaTestCluster.makeTopic("shards")
        var sinks: [any PositionOwner] = []
        for shard: Int32 in [0, 1] {
            let sink = try #require(
                try KafkaTestCluster.sink(
                    topic,
                    ["delivery": .text("exactly-once"), "progress_topic": .text("sluice-progress-test")])
                    as? any PositionOwner)
            let stage = StageContext(
                name: "kafka", pipeline: "test", log: .none, clock: KafkaTestCluster.clock, shard: shard
            ) { _ in }
            try await sink.open(
                SinkContext(
                    stage: stage, takesDeadLetters: false, barrier: { _ in }, failure: { Issue.record("\($0)") }))
            try await sink.begin(StreamIdentity(cluster: "test", topic: "shard \(shard)"), at: [shard: 0])
            try await sink.start()
            sinks.append(sink)
        }
        for (shard, sink) in sinks.enumerated() {
            let stream = StreamIdentity(cluster: "test", topic: "shard \(shard)")
            let claim = Claim(partition: Int32(shard), from: 0, to: 5)
            try await sink.write(Batch(stream: stream, claims: [claim]), receipt: Receipt { _ in })
            try await sink.flush()
            #expect(try await sink.storedPositions() == [Int32(shard): 5])
        }
        for sink in sinks { await sink.close() }
    }

    @Test("a transaction_timeout above the broker's limit is a mistake of the file, with the remedy")
    func timeout() async throws {
        let trial = try TransactionTrial()
        let sink = try trial.sink(["transaction_timeout": .duration(.seconds(3_600))])
        try await sink.open(trial.context)
        let error = await #expect(throws: PipelineError.self) { _ = try await sink.storedPositions() }
        #expect(error?.code == .configuration)
        #expect(error?.remedy?.contains("transaction.max.timeout.ms") == true)
        await sink.close()
    }

    @Test("the progress topic is made where it is missing: compacted, with eight partitions")
    func progressTopic() async throws {
        let trial = try TransactionTrial(progressTopic: KafkaTestCluster.uniqueName("progress"))
        let sink = try trial.sink()
        try await trial.open(sink)
        await sink.close()
        let client = try KafkaTestCluster.client(RD_KAFKA_PRODUCER)
        defer { client.destroy() }
        #expect(try client.topicState(trial.progressTopic, timeout: .seconds(5)) == .partitions(8))
        #expect(try client.topicSetting("cleanup.policy", of: trial.progressTopic) == "compact")
    }

    @Test("a progress topic that deletes by age is refused")
    func deletingProgressTopic() async throws {
        let trial = try TransactionTrial(progressTopic: try KafkaTestCluster.makeTopic("deleting"))
        let sink = try trial.sink()
        let error = await #expect(throws: PipelineError.self) { try await sink.open(trial.context) }
        #expect(error?.code == .configuration)
        #expect(error?.remedy?.contains("cleanup.policy=compact") == true)
        await sink.close()
    }

    @Test("progress behind another producer's open transaction is waited for, not overlooked")
    func openNeighbour() async throws {
        let trial = try TransactionTrial(progressTopic: KafkaTestCluster.uniqueName("progress"))
        let first = try trial.sink()
        try await trial.open(first)
        let neighbour = try TransactionTrial.openTransaction(
            KafkaTestCluster.uniqueName("neighbour"), trial.progressTopic, trial.progressPartition)
        try await trial.write(TransactionTrial.batch(0..<10), to: first)
        try await first.flush()
        await first.close()

        let waits = Watched(false)
        let stage = StageContext(
            name: "kafka", pipeline: "test",
            log: Log { if $0.message.hasPrefix("waits to read its progress") { waits.set(true) } },
            clock: KafkaTestCluster.clock
        ) { _ in }
        let second = try trial.sink()
        try await second.open(
            SinkContext(stage: stage, takesDeadLetters: false, barrier: { _ in }, failure: { _ in }))
        async let positions = second.storedPositions()
        try await waits.wait { $0 }
        // Its own reports were taken when it was made, so nothing has to be served for it.
        try neighbour.abortTransaction(timeout: .seconds(10))
        #expect(try await positions == [0: 10])
        await second.close()
        neighbour.destroy()
    }
}

@Suite("The kafka sink that delivers exactly once, without a real Kafka")
struct TransactionalSinkWithoutKafkaTests {
    @Test("the embedded broker is refused, whose transactions hold nothing")
    func embedded() async throws {
        let broker = try EmbeddedBroker()
        defer { broker.stop() }
        try broker.makeTopic("t")
        let sink = try KafkaTestCluster.sink(
            "t", ["brokers": .text(broker.address), "delivery": .text("exactly-once")])
        let error = await #expect(throws: PipelineError.self) {
            try await sink.open(
                SinkContext(
                    stage: KafkaTestCluster.stage(), takesDeadLetters: false, barrier: { _ in }, failure: { _ in }))
        }
        #expect(error?.code == .configuration)
        #expect(error?.remedy?.contains("at-least-once") == true)
        await sink.close()
    }

    @Test("the shard of a source is what it says: the generator's, a third of a topic's partitions, or none")
    func shards() {
        #expect(Generator.definition.traits(SettingValues(["shard": .integer(3)])).shard == 3)
        let source: [String: SettingValue] = ["topic": .text("t"), "partitions": .text("shard 2/3")]
        #expect(KafkaSource.definition.traits(SettingValues(source)).shard == 2)
        #expect(KafkaSource.definition.traits(SettingValues(["topic": .text("t")])).shard == 0)
    }

    @Test("settings of transactions are mistakes where there are none, and those that contradict each other always")
    func settings() {
        func problems(_ values: [String: SettingValue]) -> [String] {
            KafkaSink.definition.problems(SettingValues(["topic": .text("t")].merging(values) { _, new in new }))
                .map { "\($0.setting ?? "") \($0.message)" }
        }
        #expect(problems(["transactional_id": .text("x"), "transaction_records": .integer(5)]).count == 2)
        #expect(problems(["transaction_records": .integer(50_000)]).isEmpty, "that is what it would be anyway")
        let exactly: [String: SettingValue] = ["delivery": .text("exactly-once"), "transactional_id": .text("x")]
        #expect(problems(exactly).isEmpty)
        #expect(problems(exactly.merging(["progress_topic": .text("t")]) { $1 }).count == 1)
        #expect(problems(exactly.merging(["transaction_interval": .duration(.seconds(60))]) { $1 }).count == 1)
    }
}
