import Testing

@testable import Stages

@Suite struct Murmur2Tests {
    @Test(
        "the hash agrees with the vectors of the Java client",
        arguments: [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829), ("abc", 479_470_107),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ] as [(String, Int32)])
    func vectors(key: String, expected: Int32) {
        let hash = Array(key.utf8).withUnsafeBytes { Murmur2.hash($0) }
        #expect(Int32(bitPattern: hash) == expected)
    }

    @Test("a partition is never negative")
    func range() {
        for number in 0..<1_000 {
            let partition = Array("key-\(number)".utf8).withUnsafeBytes { Murmur2.partition(of: $0, among: 7) }
            #expect((0..<7).contains(partition))
        }
    }
}
