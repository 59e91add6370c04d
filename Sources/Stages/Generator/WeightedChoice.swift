/// Chooses among at most eight words by their weights, from one random word and without a branch.
struct WeightedChoice: Sendable {
    // Choice n covers the words from threshold n - 1 up to threshold n. The last has no threshold, so that rounding
    // cannot leave a gap at the top, and words without weight are left out rather than given an empty range.
    private var thresholds = InlineArray<7, UInt64>(repeating: .max)
    private var choices: InlineArray<8, UInt8>

    /// Makes a choice.
    /// - Parameter weights: a weight for each word, not negative, at least one of them above zero.
    init(_ weights: [Double]) {
        let chosen = weights.indices.filter { weights[$0] > 0 }
        precondition((1...8).contains(chosen.count), "a choice needs one to eight words with weight")
        choices = InlineArray(repeating: UInt8(chosen[chosen.count - 1]))
        let total = weights.reduce(0, +)
        var sum = 0.0
        for (place, index) in chosen.enumerated() {
            choices[place] = UInt8(index)
            sum += weights[index]
            if place < chosen.count - 1 {
                thresholds[place] = UInt64(min(sum / total * 0x1p64, (0x1p64).nextDown))
            }
        }
    }

    /// The index of the chosen word.
    @inline(__always)
    func pick(_ word: UInt64) -> UInt8 {
        var place = 0
        for index in 0..<7 { place &+= word >= thresholds[index] ? 1 : 0 }
        return choices[place]
    }
}
