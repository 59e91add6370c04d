/// Text from a file on its way to a terminal: control characters are escaped, so that a pipeline file cannot move the
/// cursor or reverse the line it is shown in.
enum QuotedText {
    /// JSON text in quotation marks.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            default: append(scalar, to: &result)
            }
        }
        return result + "\""
    }

    /// The text with control characters escaped.
    static func printable(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { append($1, to: &$0) }
    }

    /// At most the first 60 characters.
    static func excerpt(_ text: String) -> String {
        text.count > 60 ? text.prefix(59) + "…" : text
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        switch scalar {
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        default:
            switch scalar.properties.generalCategory {
            // Format characters include those that turn the writing direction.
            case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default:
                text.unicodeScalars.append(scalar)
            }
        }
    }
}
