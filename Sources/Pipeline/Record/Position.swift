/// Where a record stands in its stream: a Kafka offset, a generator's sequence number, a file's line.
public struct Position: Sendable, Hashable {
    /// The partition, which is the shard for a generator and 0 for a file.
    public var partition: Int32
    /// The place in the partition, from 0.
    public var offset: Int64

    /// Makes a position.
    /// - Parameters:
    ///   - partition: the partition.
    ///   - offset: the place in it.
    public init(partition: Int32, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }
}
