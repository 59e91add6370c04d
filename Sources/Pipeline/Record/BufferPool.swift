internal import Glibc

/// Where the bytes of large batches come from and go back to, whoever made them and wherever they are let go.
///
/// Not malloc: it keeps what is freed for the thread that asked for it, among small blocks that live longer, so that each
/// thread a stage has run on ends up with room for all batches under way. A producer at full speed took 75 to 81 MB by
/// that, ten more or less from second to second, and 97 after half an hour; it takes 66 with this, two more or less.
///
/// Sendable because a buffer is in the list while nobody else has its address, and out of it while somebody has.
final class BufferPool: Sendable {
    /// The one that all batches share: they are let go in another stage than they were made in.
    static let shared = BufferPool(limit: 16 << 20)

    /// Bytes below which malloc does as well.
    static let minimum = 256 << 10

    private struct Idle: @unchecked Sendable {
        var memory: UnsafeMutableRawPointer
        var size: Int
    }

    private let limit: Int
    private let idle = Lock<[Idle]>([])

    /// - Parameter limit: bytes that are kept for the next batch; what is beyond goes back to the system. With half of
    ///   16 MiB, reading takes 5 % more processor time, for pages that are made anew.
    init(limit: Int) {
        self.limit = limit
    }

    deinit {
        for entry in idle.withLock({ $0 }) { munmap(entry.memory, entry.size) }
    }

    /// Takes a buffer, whatever it holds. Linear in the few that are idle.
    /// - Parameter count: bytes it must have.
    /// - Returns: the buffer and its size, at most half as much again; to be given back with it.
    func take(_ count: Int) -> (memory: UnsafeMutableRawPointer, size: Int) {
        // The latest first: it is in the processor's cache, if any is.
        let found = idle.withLock { idle -> Idle? in
            guard let index = idle.lastIndex(where: { $0.size >= count && $0.size <= count + count / 2 }) else {
                return nil
            }
            return idle.remove(at: index)
        }
        if let found { return (found.memory, found.size) }
        let size = (count + 0xFFFF) & ~0xFFFF
        guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED
        else {
            // As malloc's users end: a batch that does not fit means that the machine has nothing left.
            fatalError("no memory for a batch of \(count) bytes")
        }
        return (memory, size)
    }

    /// Gives a buffer back.
    /// - Parameters:
    ///   - memory: what `take` gave; not used any more.
    ///   - size: its size, as `take` gave it.
    func give(_ memory: UnsafeMutableRawPointer, size: Int) {
        let entry = Idle(memory: memory, size: size)
        let surplus = idle.withLock { idle -> [Idle] in
            idle.append(entry)
            var held = Self.bytes(idle)
            var surplus: [Idle] = []
            while held > limit {
                let oldest = idle.removeFirst()
                held -= oldest.size
                surplus.append(oldest)
            }
            return surplus
        }
        for entry in surplus { munmap(entry.memory, entry.size) }
    }

    /// Bytes that are kept at the moment.
    var idleBytes: Int {
        idle.withLock { Self.bytes($0) }
    }

    private static func bytes(_ idle: [Idle]) -> Int {
        idle.reduce(0) { $0 + $1.size }
    }
}
