import Pipeline
import Stages

/// `runner broker`
struct BrokerCommand {
    let options: BrokerOptions
    let output: StandardError

    /// Runs until a signal.
    func run() async throws -> Int32 {
        let broker = try EmbeddedBroker()
        defer { broker.stop() }
        try broker.makeTopic(options.topic, partitions: options.partitions)
        let (ended, end) = AsyncStream<Void>.makeStream()
        let signals = Signals { end.finish() }
        defer { signals.cancel() }
        try StandardOutput.write("KAFKA_BROKERS=\(broker.address)\n")
        output.write(
            """
            A broker in memory, for trying things out: nothing is kept on disk, and past 5 MiB a partition the oldest
            records are dropped silently. Ctrl-C ends it. In another terminal:
              KAFKA_BROKERS=\(broker.address) runner pipelines/produce.json

            """)
        for await _ in ended {}
        return ExitCode.done
    }
}
