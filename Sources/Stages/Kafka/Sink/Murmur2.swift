/// The hash by which Java's clients, kafka-python and librdkafka's `murmur2_random` spread keys over partitions
/// (org.apache.kafka.common.utils.Utils.murmur2), so that a key stays where other writers put it.
enum Murmur2 {
    /// The partition of a key.
    /// - Parameters:
    ///   - key: the key's bytes.
    ///   - count: the number of partitions, at least 1.
    static func partition(of key: UnsafeRawBufferPointer, among count: Int32) -> Int32 {
        Int32(bitPattern: hash(key) & 0x7fff_ffff) % count
    }

    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let multiplier: UInt32 = 0x5bd1_e995
        var hash = 0x9747_b28c ^ UInt32(truncatingIfNeeded: bytes.count)
        let whole = bytes.count & ~3
        var offset = 0
        while offset < whole {
            var word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            word &*= multiplier
            word ^= word >> 24
            word &*= multiplier
            hash = hash &* multiplier ^ word
            offset += 4
        }
        if whole < bytes.count {
            for (place, byte) in bytes[whole...].enumerated() { hash ^= UInt32(byte) << UInt32(8 * place) }
            hash &*= multiplier
        }
        hash ^= hash >> 13
        hash &*= multiplier
        return hash ^ hash >> 15
    }
}
