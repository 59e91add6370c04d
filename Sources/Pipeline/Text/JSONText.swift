/// Writes JSON strings.
package enum JSONText {
    /// A string in quotes.
    package static func string(_ text: String) -> String {
        var output: [UInt8] = []
        append(text, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends a string in quotes, escaped as RFC 8259 section 7 demands; and what a terminal might take for a command or
    /// JavaScript for the end of a line, since people look at it there.
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
            case "\u{0}"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}": appendEscape(scalar.value, to: &output)
            default: output += String(scalar).utf8
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends `\uXXXX` for one code point below U+10000.
    package static func appendEscape(_ codePoint: UInt32, to output: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        output += "\\u".utf8
        for shift in [12, 8, 4, 0] { output.append(digits[Int(codePoint >> UInt32(shift)) & 15]) }
    }
}
