import PipelineTesting
import Testing

@testable import Pipeline

@Suite("The queue")
struct QueueTests {
    @Test("it holds what an array would hold, whatever comes, goes and changes", arguments: 0..<50)
    func naive(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var queue = Queue<Int>()
        var array: [Int] = []
        // Up to some hundred elements, so that the front is cut off many times.
        let bound = Int.random(in: 1...400, using: &random)
        for step in 0..<2_000 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4 where array.count < bound:
                queue.append(step)
                array.append(step)
            case 4:
                let count = Int.random(in: 0...array.count, using: &random)
                queue.removeFirst(count)
                array.removeFirst(count)
            case 5 where !array.isEmpty:
                let index = Int.random(in: array.indices, using: &random)
                queue[index] = -step
                array[index] = -step
            default:
                #expect(queue.popFirst() == (array.isEmpty ? nil : array.removeFirst()))
            }
            #expect(queue.count == array.count)
            #expect(queue.elementsEqual(array))
        }
    }

    @Test("what has left is let go at once")
    func release() {
        final class Token {}
        var queue = Queue<Token>()
        weak var first: Token?
        do {
            let token = Token()
            first = token
            queue.append(token)
        }
        queue.append(Token())
        #expect(first != nil)
        queue.removeFirst(1)
        #expect(first == nil)
    }
}
