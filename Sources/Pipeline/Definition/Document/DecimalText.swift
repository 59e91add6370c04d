/// A number as JSON writes it, kept exact: through a double, 0.1 s would not be 100 ms and 2^63 − 1 not itself.
struct DecimalText {
    /// A number times a factor.
    enum Product: Equatable {
        /// Exactly this.
        case whole(Int128)
        /// Not a whole number.
        case fraction
        /// More than 128 bits hold.
        case tooLarge
    }

    private static let digitLimit = 38
    private let isNegative: Bool
    /// Significant digits, without zeros at either end; empty for zero.
    private let digits: [UInt8]
    /// The power of ten of the last digit.
    private let exponent: Int

    /// Reads a number by the grammar of RFC 8259, section 6; nil if it is none.
    init?(_ text: some StringProtocol) {
        var rest = Array(text.utf8)[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        let whole = rest.prefix { $0.isDigit }
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return nil }
        rest.removeFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix { $0.isDigit }
            guard !fraction.isEmpty else { return nil }
            rest.removeFirst(fraction.count + 1)
        }
        var power = 0
        if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            let isSmall = rest.first == UInt8(ascii: "-")
            if isSmall || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
            guard !rest.isEmpty, rest.allSatisfy(\.isDigit) else { return nil }
            // Beyond nine digits the number is beyond all ranges, whatever they say.
            let magnitude = rest.reduce(0) { min(1_000_000_000, $0 * 10 + Int($1 - UInt8(ascii: "0"))) }
            power = isSmall ? -magnitude : magnitude
            rest = []
        }
        guard rest.isEmpty else { return nil }
        let written = whole + fraction
        let trailing = written.reversed().prefix { $0 == UInt8(ascii: "0") }.count
        digits = Array(written.dropLast(trailing).drop { $0 == UInt8(ascii: "0") })
        exponent = power - fraction.count + trailing
    }

    /// The number times a factor, exactly.
    /// - Parameter factor: at least 1.
    func times(_ factor: Int128) -> Product {
        guard !digits.isEmpty else { return .whole(0) }
        guard digits.count + max(0, exponent) <= Self.digitLimit else {
            return exponent < -Self.digitLimit ? .fraction : .tooLarge
        }
        guard exponent >= -Self.digitLimit else { return .fraction }
        let magnitude = digits.reduce(Int128(0)) { $0 * 10 + Int128($1 - UInt8(ascii: "0")) }
        let (product, overflows) = magnitude.multipliedReportingOverflow(by: factor)
        guard !overflows else { return .tooLarge }
        let scale = (0..<abs(exponent)).reduce(Int128(1)) { power, _ in power * 10 }
        guard exponent < 0 else {
            let (scaled, overflows) = product.multipliedReportingOverflow(by: scale)
            return overflows ? .tooLarge : .whole(isNegative ? -scaled : scaled)
        }
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: scale)
        return remainder == 0 ? .whole(isNegative ? -quotient : quotient) : .fraction
    }
}

/// Numbers with units one after the other, such as `1h30m`: the grammar that durations and sizes share.
enum UnitText {
    /// Splits a text into numbers and units.
    /// - Returns: the pairs, or nil if the text is not made of such.
    static func pairs(_ text: String) -> [(number: DecimalText, unit: Substring)]? {
        var pairs: [(DecimalText, Substring)] = []
        var rest = text[...]
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            let unit = rest.dropFirst(number.count).prefix { $0.isLetter }
            // "1h05m" is usual; JSON's grammar knows no leading zero.
            var digits = number
            while digits.first == "0", digits.dropFirst().first?.isNumber == true { digits.removeFirst() }
            guard !unit.isEmpty, let value = DecimalText(digits) else { return nil }
            pairs.append((value, unit))
            rest.removeFirst(number.count + unit.count)
        }
        return pairs.isEmpty ? nil : pairs
    }
}
