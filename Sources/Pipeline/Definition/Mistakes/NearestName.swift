/// Finds the known name that someone probably meant. Stages use it too, where a setting's own words are judged.
public enum NearestName {
    /// Names longer than this are not compared; the cost grows with the square.
    private static let longest = 64

    /// The nearest of some names, or nil if none is near: a third of the letters may differ.
    /// - Parameters:
    ///   - word: what was written.
    ///   - names: the known names.
    public static func nearest(to word: String, among names: some Sequence<String>) -> String? {
        let written = folded(word)
        guard !written.isEmpty, written.count <= longest else { return nil }
        var best: (name: String, distance: Int)?
        for name in names where name != word && !name.isEmpty && name.utf8.count <= longest {
            let known = folded(name)
            let distance = editDistance(written, known)
            guard distance <= max(1, max(written.count, known.count) / 3), distance < best?.distance ?? .max else {
                continue
            }
            best = (name, distance)
        }
        return best?.name
    }

    /// The least number of letters put in, left out, changed, or swapped with a neighbour (optimal string alignment).
    static func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let change = left[row - 1] == right[column - 1] ? 0 : 1
                var least = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + change)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    least = min(least, beforePrevious[column - 2] + 1)
                }
                current.append(least)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }

    /// Lower case, with `-` for `_` and no difference between them and nothing, so that `drainTimeout` finds
    /// `drain_timeout`.
    private static func folded(_ word: String) -> [Unicode.Scalar] {
        word.prefix(longest + 1).lowercased().unicodeScalars.filter { $0 != "-" && $0 != "_" && $0 != " " }
    }
}
