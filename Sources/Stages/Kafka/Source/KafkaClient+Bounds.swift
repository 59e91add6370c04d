internal import CRDKafka
internal import Pipeline

extension KafkaClient {
    /// Where the logs of partitions begin and end, by two questions for all of them. Blocks for at most twice `timeout`; one
    /// leader that is away fails them.
    func bounds(
        _ topic: String, _ partitions: [Int32], timeout: Duration
    ) throws(KafkaError) -> [Int32: StartPositions.Bounds] {
        let lows = try offsets(at: .first, of: topic, partitions, timeout: timeout)
        let highs = try offsets(at: .next, of: topic, partitions, timeout: timeout)
        var bounds: [Int32: StartPositions.Bounds] = [:]
        for partition in partitions {
            guard let low = lows[partition], let high = highs[partition] else {
                throw KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            }
            bounds[partition] = .init(low: low, high: high)
        }
        return bounds
    }
}
