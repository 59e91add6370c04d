/// Amounts as whole cents, which add up exactly where doubles do not.
struct Money: Sendable, Hashable {
    /// The cents.
    let cents: Int64
    /// Whether the amount had at most two decimals. If not, it was rounded to the cent, half away from zero.
    let isExact: Bool

    /// Makes cents of a JSON number.
    /// - Parameter amount: the number; nil comes of one beyond 2^53 cents (90 trillion), where doubles no longer tell
    ///   neighbouring cents apart.
    init?(_ amount: Double) {
        let scaled = amount * 100
        guard scaled.magnitude < 0x1p53 else { return nil }
        cents = Int64(scaled + (scaled < 0 ? -0.5 : 0.5))
        // A number written with two decimals is the double nearest to cents / 100, and division rounds to nearest.
        isExact = Double(cents) / 100 == amount
    }

    /// Appends cents as a decimal number.
    /// - Parameters:
    ///   - cents: the cents.
    ///   - isGrouped: whether thousands are set off by commas.
    ///   - output: what it is appended to.
    /// - Returns: the columns it takes.
    @discardableResult
    static func append(_ cents: Int128, isGrouped: Bool, to output: inout [UInt8]) -> Int {
        let start = output.count
        if cents < 0 { output.append(UInt8(ascii: "-")) }
        let (whole, rest) = cents.magnitude.quotientAndRemainder(dividingBy: 100)
        appendInteger(whole, isGrouped: isGrouped, to: &output)
        output.append(UInt8(ascii: "."))
        output.append(0x30 + UInt8(rest / 10))
        output.append(0x30 + UInt8(rest % 10))
        return output.count - start
    }

    /// Appends a whole number.
    static func appendInteger(_ value: UInt128, isGrouped: Bool, to output: inout [UInt8]) {
        // 128-bit division is slow and rarely needed.
        if let small = UInt64(exactly: value) {
            appendDigits(small, isGrouped: isGrouped, to: &output)
        } else {
            appendDigits(value, isGrouped: isGrouped, to: &output)
        }
    }

    private static func appendDigits<Value: UnsignedInteger>(
        _ value: Value, isGrouped: Bool, to output: inout [UInt8]
    ) {
        let start = output.count
        var rest = value
        var digits = 0
        repeat {
            if isGrouped, digits > 0, digits % 3 == 0 { output.append(UInt8(ascii: ",")) }
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            output.append(0x30 + UInt8(digit))
            rest = quotient
            digits += 1
        } while rest > 0
        output[start...].reverse()
    }
}
