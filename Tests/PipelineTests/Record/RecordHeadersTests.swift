import Pipeline
import PipelineTesting
import Testing

@Suite("Record headers")
struct RecordHeadersTests {
    typealias Header = RecordHeaders.Header

    @Test("headers come back in order, repeated, empty and without a value")
    func roundTrip() {
        let headers = [
            Header(name: "trace", value: [1, 2, 3]), Header(name: "trace", value: []), Header(name: "", value: nil),
            Header(name: "ключ", value: Array("значение".utf8)), Header(name: "last", value: nil),
        ]
        #expect(RecordHeaders.decode(RecordHeaders.encode(headers)) == headers)
        #expect(RecordHeaders.decode([]) == [])
    }

    @Test("a list that is cut off anywhere gives the headers before the cut", arguments: 0..<24)
    func cutOff(length: Int) {
        let headers = [
            Header(name: "ab", value: [1, 2]), Header(name: "c", value: nil), Header(name: "d", value: [7]),
        ]
        let decoded = RecordHeaders.decode(Array(RecordHeaders.encode(headers).prefix(length)))
        #expect(decoded == Array(headers.prefix(decoded.count)))
        let whole = length >= 12 ? 1 : 0
        #expect(decoded.count >= whole)
    }

    @Test("bytes that are no headers end the list and never trap", arguments: 0..<20)
    func randomBytes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            var bytes = (0..<Int.random(in: 0...64, using: &random)).map { _ in
                UInt8.random(in: .min ... .max, using: &random)
            }
            // Small lengths get further into the decoder than random ones.
            for index in bytes.indices where Bool.random(using: &random) {
                bytes[index] = UInt8.random(in: 0...8, using: &random)
            }
            let decoded = RecordHeaders.decode(bytes)
            #expect(decoded.count <= bytes.count / 8 + 1, "seed \(seed): \(bytes)")
        }
    }

    @Test("a length near the largest is no allocation and no overflow")
    func hugeLengths() {
        #expect(RecordHeaders.decode([0xFF, 0xFF, 0xFF, 0xFF]) == [])
        #expect(RecordHeaders.decode([0xFF, 0xFF, 0xFF, 0x7F, 1]) == [])
        #expect(RecordHeaders.decode([0, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF]) == [])
    }
}
