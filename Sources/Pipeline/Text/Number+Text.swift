extension BinaryInteger {
    /// The digits in groups of three: `1,234,567`.
    package var grouped: String {
        let digits = Array("\(magnitude)")
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return self < 0 ? "-" + text : text
    }
}

extension Double {
    /// The number with so many decimals, rounded half away from zero; a number too large for that as Swift shows it.
    /// - Parameter places: 0 to 6.
    package func decimal(_ places: Int) -> String {
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        guard let scaled = Int(exactly: (magnitude * Double(scale)).rounded()) else { return "\(self)" }
        let sign = self < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + "\(scaled)" }
        let fraction = String(scaled % scale)
        return sign + "\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}
