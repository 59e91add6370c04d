import Driving

extension Surroundings {
    /// A topic that holds so many records, filled once by the anchor where there is one: so nobody reads what suits
    /// its own way of writing.
    func filledTopic(_ records: Int) throws -> String {
        let topics = try requireTopics()
        return try topics.filled(with: records) { topic in
            progress("filling a topic with \(Figures.count(Double(records))) records")
            if let anchors {
                _ = try anchors.produce(records, to: topic, at: topics.brokers)
            } else {
                _ = try runner.sample(ProduceBenchmark.run(records, topic, topics.brokers), records: records)
            }
        }
    }

    /// A contestant: the runner reads the filled topic to its end.
    /// - Parameters:
    ///   - name: as the table shows it.
    ///   - pipeline: the file's name below Benchmarks/Pipelines, without its ending.
    ///   - records: how many the topic holds.
    func reader(_ name: String, _ pipeline: String, records: Int) throws -> Contestant {
        let topic = try filledTopic(records)
        let brokers = try requireTopics().brokers
        return Contestant(name) {
            try withDatabase { database in
                try runner.sample(
                    RunnerProgram.Run(
                        pipeline: "Benchmarks/Pipelines/\(pipeline).json",
                        variables: ["KAFKA_TOPIC": topic, "KAFKA_BROKERS": brokers, "DATABASE": database]),
                    records: records)
            }
        }
    }

    /// A contestant: the anchor reads the filled topic with the queue that makes it fastest here, or nil where there is
    /// no anchor.
    /// - Parameters:
    ///   - name: as the table shows it.
    ///   - arguments: further arguments of the anchor.
    ///   - records: how many the topic holds.
    func anchorReader(_ name: String, _ arguments: [String] = [], records: Int) throws -> Contestant? {
        guard let anchors else {
            progress("no anchors were given: runs without \(name)")
            return nil
        }
        let topic = try filledTopic(records)
        let brokers = try requireTopics().brokers
        func run(_ queue: Anchors.Queue) throws -> Sample {
            try withDatabase { database in
                try anchors.archive(
                    records, from: topic, at: brokers, into: database, queue: queue, options: arguments)
            }
        }
        var best: (queue: Anchors.Queue, rate: Double)?
        for queue in Anchors.Queue.candidates {
            let rate = try run(queue).rate
            progress("\(name), \(queue.text): \(Figures.count(rate)) records/s")
            if rate > best?.rate ?? 0 { best = (queue, rate) }
        }
        return best.map { best in Contestant("\(name), \(best.queue.text)") { try run(best.queue) } }
    }
}
