internal import Pipeline

extension BinaryInteger {
    /// The number with its noun: `1 row`, `2,000 rows`.
    func counted(_ noun: String) -> String {
        "\(Int(clamping: self).grouped) \(noun)\(self == 1 ? "" : "s")"
    }
}
