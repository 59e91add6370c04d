/// Sizes as text: `64MiB`, `10kB`, `1GB`, `512B`.
public enum SizeText {
    /// Units, and their bytes; those by 1,024 first, which is how memory is counted.
    private static let units: [(name: String, bytes: Int64)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("B", 1),
    ]

    /// Reads a size.
    /// - Parameter text: a number, which may have decimals, and a unit.
    /// - Returns: whole bytes, or nil if the text is no size or more than 64 bits hold.
    public static func bytes(_ text: String) -> Int64? {
        guard let pairs = UnitText.pairs(text), let pair = pairs.first, pairs.count == 1,
            let unit = units.first(where: { $0.name == pair.unit }),
            case .whole(let bytes) = pair.number.times(Int128(unit.bytes))
        else { return nil }
        return Int64(exactly: bytes)
    }

    /// Writes a size in the largest unit that leaves a whole number, so that ``bytes(_:)`` reads back the same.
    public static func text(_ bytes: Int64) -> String {
        let unit = units.first { bytes != 0 && bytes % $0.bytes == 0 } ?? ("B", 1)
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}
