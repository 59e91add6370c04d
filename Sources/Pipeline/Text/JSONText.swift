/// Writes JSON strings.
package enum JSONText {
    /// A string in quotes.
    package static func string(_ text: String) -> String {
        var output: [UInt8] = []
        append(text, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends a string in quotes, escaped as RFC 8259 section 7 demands; and what must not reach a terminal, since people
    /// look at it there: it reads back as the same text.
    /// - Parameters:
    ///   - text: the string.
    ///   - output: what it is appended to.
    package static func append(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\"".utf8
            case "\\": output += "\\\\".utf8
            case "\n": output += "\\n".utf8
            case "\r": output += "\\r".utf8
            case "\t": output += "\\t".utf8
            case " "..."~": output.append(UInt8(truncatingIfNeeded: scalar.value))
            case _ where TerminalText.isUnsafe(scalar): appendEscape(scalar, to: &output)
            default: output += String(scalar).utf8
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends `\uXXXX` for each UTF-16 unit of a character.
    static func appendEscape(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        for unit in String(scalar).utf16 {
            output += "\\u".utf8
            for shift in [12, 8, 4, 0] { output.append(digits[Int(unit >> UInt16(shift)) & 15]) }
        }
    }
}
