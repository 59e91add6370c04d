import Testing

@testable import Pipeline

@Suite("Buffers of batches")
struct BufferPoolTests {
    @Test("a buffer that was given back is given out again, to whoever wants nearly as much")
    func again() {
        let pool = BufferPool(limit: 16 << 20)
        let first = pool.take(1_000_000)
        #expect(first.size >= 1_000_000)
        first.memory.storeBytes(of: 7, toByteOffset: first.size - 1, as: UInt8.self)
        pool.give(first.memory, size: first.size)
        let larger = pool.take(first.size + 1)
        #expect(larger.memory != first.memory)
        let muchSmaller = pool.take(500_000)
        #expect(muchSmaller.memory != first.memory)
        let second = pool.take(900_000)
        #expect(second.memory == first.memory)
        #expect(second.size == first.size)
        for buffer in [larger, muchSmaller, second] { pool.give(buffer.memory, size: buffer.size) }
    }

    @Test("no more is kept than the limit, and the latest of it")
    func limit() {
        let pool = BufferPool(limit: 3 << 20)
        let buffers = (0..<5).map { _ in pool.take(1 << 20) }
        #expect(pool.idleBytes == 0)
        for buffer in buffers { pool.give(buffer.memory, size: buffer.size) }
        #expect(pool.idleBytes == 3 << 20)
        #expect(pool.take(1 << 20).memory == buffers[4].memory)
        pool.give(buffers[4].memory, size: buffers[4].size)
    }

    @Test("what is larger than the limit is not kept")
    func large() {
        let pool = BufferPool(limit: 1 << 20)
        let buffer = pool.take(2 << 20)
        pool.give(buffer.memory, size: buffer.size)
        #expect(pool.idleBytes == 0)
    }

    @Test("no two hold one buffer at once")
    func concurrently() async {
        let pool = BufferPool(limit: 2 << 20)
        await withTaskGroup(of: Bool.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for _ in 0..<200 {
                        let buffer = pool.take(300_000)
                        buffer.memory.storeBytes(of: worker, as: Int.self)
                        await Task.yield()
                        if buffer.memory.load(as: Int.self) != worker { return false }
                        pool.give(buffer.memory, size: buffer.size)
                    }
                    return true
                }
            }
            for await isAlone in group { #expect(isAlone) }
        }
    }
}
