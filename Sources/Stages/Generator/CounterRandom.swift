/// Random words addressed by number: word `place` of record `record` needs no word before it, so any part of a stream
/// can be made again anywhere.
///
/// It is SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014) read at a position: its
/// state is a plain counter, so jumping is a multiplication. Philox or AES would resist guessing as well, which test
/// data does not need, at several times the cost.
struct CounterRandom: Sendable {
    private static let gamma: UInt64 = 0x9E37_79B9_7F4A_7C15
    private static let wordsPerRecord: UInt64 = 8
    private let key: UInt64

    /// Makes the words of one stream.
    /// - Parameter parts: what tells the stream from others; each bit of each part changes every word.
    init(_ parts: UInt64...) {
        key = Self.hash(parts)
    }

    /// One of a record's words.
    /// - Parameters:
    ///   - place: which, below 8.
    ///   - record: the record's number.
    @inline(__always)
    func word(_ place: UInt64, of record: UInt64) -> UInt64 {
        Self.mix(key &+ (record &* Self.wordsPerRecord &+ place) &* Self.gamma)
    }

    /// A hash of numbers in order.
    static func hash(_ parts: [UInt64]) -> UInt64 {
        parts.reduce(0) { mix(($0 ^ $1) &+ gamma) }
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension UInt64 {
    /// Takes a number below `bound` out of a random word and leaves a word for the next draw.
    ///
    /// The high half of the product is the number, the low half is what the number did not use up. Draws from one word
    /// are uneven by less than the product of their bounds over 2^64 (Brackett-Rozinsky, Lemire: Batched Ranged Random
    /// Integer Generation, 2024), so keep that product below 2^44.
    @inline(__always)
    mutating func draw(below bound: Int) -> Int {
        let (number, rest) = multipliedFullWidth(by: UInt64(truncatingIfNeeded: bound))
        self = rest
        return Int(truncatingIfNeeded: number)
    }
}
