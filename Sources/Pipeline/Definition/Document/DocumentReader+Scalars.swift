extension DocumentReader {
    /// Reads a number; the cursor stands on its first character.
    mutating func number(at path: DocumentPath) -> DocumentNode.Content {
        let place = origin.place
        let written = cursor.take { $0.isWordCharacter || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: ".") }
        if DecimalText(written) != nil { return .number(written) }
        mistake(
            "not a number as JSON writes it",
            allowed: "digits without a leading zero or plus, such as 5, -0.5 or 1e6; text stands in double quotes",
            at: path, place: place)
        return .mistaken([])
    }

    /// Reads `true`, `false` or `null`; the cursor stands on a letter.
    mutating func word(at path: DocumentPath) throws(Stop) -> DocumentNode.Content {
        let place = origin.place
        switch cursor.take(while: { $0.isWordCharacter || $0 == UInt8(ascii: ".") }) {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        case let word:
            mistake(
                "a word without quotation marks", allowed: "a JSON value; text stands in double quotes",
                nearest: NearestName.nearest(to: word, among: ["true", "false", "null"]), at: path, place: place)
            return .mistaken([])
        }
    }

    /// Reads text; the cursor stands on its quotation mark.
    /// - Returns: the text, and whether it is right; its mistakes are told.
    mutating func text(at path: DocumentPath) throws(Stop) -> (text: String, isRight: Bool) {
        let opening = origin.place
        let known = mistakes.count
        let mark = cursor.peek()
        if mark == UInt8(ascii: "'") {
            mistake("text in single quotes", allowed: "double quotes", at: path)
        }
        cursor.advance()
        var bytes: [UInt8] = []
        while let byte = cursor.peek(), byte != mark {
            switch byte {
            case UInt8(ascii: "\\"):
                escape(into: &bytes, at: path)
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                throw stop(
                    "text that is not closed", found: "the end of the line", allowed: closing("\\\"", opening), at: path
                )
            case 0..<0x20:
                mistake("a control character in text", found: cursor.found, allowed: "an escape such as \\t", at: path)
                cursor.advance()
            default:
                bytes.append(byte)
                cursor.advance()
            }
        }
        guard !cursor.isAtEnd else {
            throw stop("text that is not closed", found: cursor.found, allowed: closing("\\\"", opening), at: path)
        }
        cursor.advance()
        return (String(decoding: bytes, as: UTF8.self), mistakes.count == known)
    }

    private mutating func escape(into bytes: inout [UInt8], at path: DocumentPath) {
        let place = origin.place
        cursor.advance()
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 0x08,
            UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
        ]
        switch cursor.peek() {
        case let byte? where simple[byte] != nil:
            bytes.append(simple[byte] ?? byte)
            cursor.advance()
        case UInt8(ascii: "u"):
            cursor.advance()
            guard let scalar = scalarOfEscape() else {
                mistake(
                    "a \\u escape that is no character",
                    allowed: "\\u and four hexadecimal digits; surrogates in pairs",
                    at: path, place: place)
                return
            }
            // No setting can carry it to a C library, where it ends the text.
            if scalar == "\0" { mistake("the character U+0000 in text", at: path, place: place) }
            bytes.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
        default:
            mistake(
                "an unknown escape", allowed: #"\" \\ \/ \b \f \n \r \t \uXXXX"#, at: path, place: place)
        }
    }

    private mutating func scalarOfEscape() -> Unicode.Scalar? {
        guard let first = hexadecimalUnit() else { return nil }
        guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) }
        guard cursor.peek() == UInt8(ascii: "\\"), cursor.peek(1) == UInt8(ascii: "u") else { return nil }
        cursor.advance(2)
        guard let second = hexadecimalUnit(), UTF16.isTrailSurrogate(second) else { return nil }
        return Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
    }

    private mutating func hexadecimalUnit() -> UInt16? {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = cursor.peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80
            else { return nil }
            unit = unit << 4 | UInt16(digit)
            cursor.advance()
        }
        return unit
    }
}
