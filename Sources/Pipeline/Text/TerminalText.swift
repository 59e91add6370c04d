/// Shows bytes from outside so that none of them reaches a terminal as a command.
///
/// Control characters (C0, DEL, C1), format characters (bidirectional overrides, zero-width and invisible ones), line
/// and paragraph separators are shown as `\n`, `\r`, `\t` or `\u{...}`, bytes that are no UTF-8 as `\x..`. By general
/// category (Unicode 4.5) rather than by a list, which the next version of Unicode would make incomplete.
package enum TerminalText {
    /// Appends text, cut to a number of characters.
    /// - Parameters:
    ///   - bytes: what to show.
    ///   - limit: the most columns it may take; a longer text ends in `…`.
    ///   - output: what it is appended to.
    /// - Returns: the columns it takes, counting a character as one.
    @discardableResult
    package static func append(_ bytes: UnsafeRawBufferPointer, limit: Int, to output: inout [UInt8]) -> Int {
        if bytes.count <= limit, isPlain(bytes) {
            output.append(contentsOf: bytes)
            return bytes.count
        }
        var columns = 0
        // Where the text ends, and how wide it is then, if there turns out to be more than fits.
        var cut = (end: output.count, columns: 0)
        for piece in Pieces(bytes) {
            let width = append(piece, to: &output)
            if columns + width > limit {
                output.removeSubrange(cut.end...)
                output += "…".utf8
                return cut.columns + 1
            }
            columns += width
            if columns < limit { cut = (output.count, columns) }
        }
        return columns
    }

    /// Appends a JSON text on one line, in a form that reads back as the same JSON: line breaks and tabs, which stand
    /// between tokens, become spaces, and what must not reach a terminal becomes `\uXXXX`.
    package static func appendJSON(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        if isPlain(bytes) { return output.append(contentsOf: bytes) }
        for piece in Pieces(bytes) {
            switch piece {
            case .invalid: JSONText.appendEscape("\u{FFFD}", to: &output)
            case .scalar("\n"), .scalar("\r"), .scalar("\t"): output.append(0x20)
            case .scalar(let scalar) where isUnsafe(scalar): JSONText.appendEscape(scalar, to: &output)
            case .scalar(let scalar): output += String(scalar).utf8
            }
        }
    }

    /// Text of our own or an error's, with the same care.
    package static func append(_ text: String, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { _ = append(UnsafeRawBufferPointer($0), limit: Int.max, to: &output) }
    }

    /// Text of our own or an error's, with the same care.
    package static func string(_ text: String) -> String {
        var output: [UInt8] = []
        append(text, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private static func append(_ piece: Piece, to output: inout [UInt8]) -> Int {
        let text =
            switch piece {
            case .invalid(let byte): "\\x" + hexadecimal(UInt32(byte), digits: 2)
            case .scalar("\n"): "\\n"
            case .scalar("\r"): "\\r"
            case .scalar("\t"): "\\t"
            case .scalar(let scalar) where isUnsafe(scalar): "\\u{" + hexadecimal(scalar.value, digits: 1) + "}"
            case .scalar(let scalar): String(scalar)
            }
        output += text.utf8
        return text.unicodeScalars.count
    }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // Without an early exit, so that the compiler makes vector instructions of it.
        var odd: UInt8 = 0
        for index in bytes.indices { odd |= bytes[index] &- 0x20 < 0x5F ? 0 : 1 }
        return odd == 0
    }

    /// Whether a terminal might take the character for a command, or not show it.
    static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

extension TerminalText {
    /// One character, or one byte that belongs to none.
    private enum Piece {
        case scalar(Unicode.Scalar)
        case invalid(UInt8)
    }

    /// The pieces of bytes that may not be UTF-8.
    private struct Pieces: Sequence, IteratorProtocol {
        private var rest: Slice<UnsafeRawBufferPointer>

        init(_ bytes: UnsafeRawBufferPointer) {
            rest = bytes[...]
        }

        mutating func next() -> Piece? {
            guard let first = rest.first else { return nil }
            var bytes = rest.makeIterator()
            var parser = UTF8.ForwardParser()
            if case .valid(let encoded) = parser.parseScalar(from: &bytes) {
                rest = rest.dropFirst(encoded.count)
                return .scalar(UTF8.decode(encoded))
            }
            rest = rest.dropFirst()
            return .invalid(first)
        }
    }
}
