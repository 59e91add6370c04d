import PipelineTesting
import Testing

@testable import Stages

@Suite struct LineBufferTests {
    /// All lines of a text that comes in pieces of these sizes, the last size repeated.
    private func lines(_ text: String, pieces: [Int], maximum: Int = 1_000, capacity: Int = 4) -> [String] {
        var rest = Array(text.utf8)[...]
        var sizes = pieces[...]
        var buffer = LineBuffer(maximum: maximum, capacity: capacity)
        var found: [String] = []
        while !buffer.isAtEnd {
            let size = sizes.count > 1 ? sizes.removeFirst() : sizes[sizes.startIndex]
            buffer.fill { room in
                let piece = rest.prefix(min(size, room.count))
                room.copyBytes(from: piece)
                rest = rest.dropFirst(piece.count)
                return piece.count
            }
            while let line = buffer.next() {
                switch line {
                case .whole(let range): found.append(String(decoding: buffer.bytes[range], as: UTF8.self))
                case .tooLong(let length):
                    found.append("\(length):\(String(decoding: buffer.beginning.prefix(3), as: UTF8.self))")
                }
            }
        }
        return found
    }

    @Test("lines are the same however the bytes come")
    func anyPieces() {
        let text = "one\ntwo\r\n\n  \nfive and more\r\nlast"
        let expected = ["one", "two", "", "  ", "five and more", "last"]
        for size in 1...40 { #expect(lines(text, pieces: [size]) == expected) }
        var generator = SeededRandom(seed: 7)
        for _ in 0..<500 {
            let pieces = (0..<20).map { _ in Int.random(in: 1...9, using: &generator) }
            #expect(lines(text, pieces: pieces) == expected)
        }
    }

    @Test("a line break at the end begins no further line")
    func finalLineBreak() {
        #expect(lines("a\nb\n", pieces: [3]) == ["a", "b"])
        #expect(lines("a\n\n", pieces: [3]) == ["a", ""])
        #expect(lines("", pieces: [3]) == [])
        #expect(lines("\n", pieces: [3]) == [""])
    }

    @Test("a carriage return is part of a line break only before a line feed or at the end")
    func carriageReturn() {
        #expect(lines("a\rb\nc\r", pieces: [2]) == ["a\rb", "c"])
    }

    @Test("a line of just the allowed length is whole, whichever way it ends")
    func longestLine() {
        for size in 1...8 {
            #expect(lines("12345\n12345\r\n12345", pieces: [size], maximum: 5) == ["12345", "12345", "12345"])
        }
    }

    @Test("a line that is too long is passed over with its length, and the lines after it are whole")
    func tooLong() {
        for size in 1...60 {
            let text = "a\n123456\n" + String(repeating: "x", count: 50) + "\nb\n123456789"
            #expect(lines(text, pieces: [size], maximum: 5) == ["a", "6:123", "50:xxx", "b", "9:123"])
        }
    }

    @Test("a line that is too long does not grow the buffer")
    func boundedMemory() {
        var buffer = LineBuffer(maximum: 100, capacity: 16)
        for _ in 0..<1_000 {
            buffer.fill { room in
                room.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "x"))
                return room.count
            }
            #expect(buffer.next() == nil)
        }
        #expect(buffer.bytes.count <= 102)
    }

    @Test("a byte order mark is dropped where it is asked for")
    func byteOrderMark() {
        var buffer = LineBuffer(maximum: 100)
        buffer.fill { room in
            room.copyBytes(from: Array("\u{FEFF}{}\n".utf8))
            return 6
        }
        buffer.skipByteOrderMark()
        #expect(buffer.next() == .whole(3..<5))
    }
}
