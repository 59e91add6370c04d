/// Writes JSON strings.
enum JSONText {
    /// Appends a string in quotes, escaped as RFC 8259 section 7 demands.
    /// - Parameters:
    ///   - text: the string.
    ///   - output: what it is appended to.
    static func append(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): output += "\\\"".utf8
            case UInt8(ascii: "\\"): output += "\\\\".utf8
            case UInt8(ascii: "\n"): output += "\\n".utf8
            case UInt8(ascii: "\r"): output += "\\r".utf8
            case UInt8(ascii: "\t"): output += "\\t".utf8
            case 0..<0x20: appendEscape(UInt32(byte), to: &output)
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends `\uXXXX` for one code point below U+10000.
    static func appendEscape(_ codePoint: UInt32, to output: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        output += "\\u".utf8
        for shift in [12, 8, 4, 0] { output.append(digits[Int(codePoint >> UInt32(shift)) & 15]) }
    }
}
