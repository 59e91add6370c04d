import Driving
import Pipeline

/// One channel between two tasks: batches sent against credit for so many, each received, and its credit given back.
struct ChannelProbe {
    /// How many batches are moved.
    var batches: Int
    /// How many are wanted at a time: the sender waits for each, or may run ahead.
    var credit: Int

    func run() async throws -> Probe.Reading {
        let batch = try await SampleBatch.make(records: 1)
        let weight = ChannelWeight(records: 1, bytes: batch.size)
        let channel = Channel<Batch>(byteLimit: .max)
        channel.request(credit)
        return try await Probe.measure(records: batches) {
            async let sent: Void = send(batch, weight, over: channel)
            var received = 0
            while case .element = try await channel.receive() {
                received += 1
                channel.request(1)
            }
            try await sent
            guard received == batches else {
                throw DriverFailure("the channel does not count", reason: "it moved \(received) batches")
            }
        }
    }

    @concurrent
    private func send(_ batch: Batch, _ weight: ChannelWeight, over channel: Channel<Batch>) async throws {
        for _ in 0..<batches {
            guard case .wanted = try await channel.waitForRoom(), channel.send(batch, weight: weight) else { break }
        }
        channel.finish()
    }
}
