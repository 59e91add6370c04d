/// The bytes of one batch: written by one ``BatchBuilder``, then shared and never written again.
///
/// `@unchecked Sendable` is safe because the memory is reachable for writing only through the builder that made it,
/// which gives up its reference (`consuming finish`) before the storage becomes reachable for reading.
final class ByteStorage: @unchecked Sendable {
    /// simdjson reads up to 64 bytes past a document (its documentation, "Padding"); they are zero.
    static let padding = 64

    private(set) var memory: UnsafeMutableRawPointer
    private(set) var capacity: Int
    fileprivate(set) var count = 0

    /// What the pool gave, or 0 where the memory is malloc's.
    private var pooledSize: Int

    init(capacity: Int) {
        (memory, self.capacity, pooledSize) = Self.allocate(max(capacity, 64))
    }

    deinit {
        Self.deallocate(memory, pooledSize)
    }

    private static func allocate(
        _ capacity: Int
    ) -> (memory: UnsafeMutableRawPointer, capacity: Int, pooledSize: Int) {
        let count = capacity + padding
        guard count >= BufferPool.minimum else {
            return (.allocate(byteCount: count, alignment: 16), capacity, 0)
        }
        let (memory, size) = BufferPool.shared.take(count)
        return (memory, size - padding, size)
    }

    private static func deallocate(_ memory: UnsafeMutableRawPointer, _ pooledSize: Int) {
        if pooledSize > 0 { BufferPool.shared.give(memory, size: pooledSize) } else { memory.deallocate() }
    }

    /// Makes room for `additional` bytes past `count`. Amortised constant: the capacity doubles.
    func reserve(_ additional: Int) {
        guard count + additional > capacity else { return }
        let grown = Self.allocate(max(capacity * 2, count + additional))
        grown.memory.copyMemory(from: memory, byteCount: count)
        Self.deallocate(memory, pooledSize)
        (memory, capacity, pooledSize) = grown
    }

    func advance(by bytes: Int) {
        precondition(count + bytes <= capacity, "wrote past the reserved room")
        count += bytes
    }

    func seal() {
        memory.advanced(by: count).initializeMemory(as: UInt8.self, repeating: 0, count: Self.padding)
    }
}
