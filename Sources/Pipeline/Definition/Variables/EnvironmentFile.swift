/// A file of `NAME=VALUE` lines for `--env-file`.
///
/// Empty lines and lines that begin with `#` are left out; `export ` may stand first. A value without quotation marks
/// ends at the line's end or before ` #`; in single quotes it is taken as it stands; in double quotes `\n`, `\r`, `\t`,
/// `\"`, `\\` and `\$` are escapes. Nothing is expanded. No mistake repeats a value.
public enum EnvironmentFile {
    /// Reads the bytes of such a file.
    /// - Parameters:
    ///   - contents: the bytes; any.
    ///   - file: its name in mistakes.
    /// - Returns: values by name, each with its line.
    /// - Throws: ``DefinitionMistakes``, all at once, with lines.
    public static func variables(_ contents: [UInt8], file: String) throws(DefinitionMistakes) -> [String:
        VariableValue]
    {
        guard contents.count <= DocumentReader.sizeLimit else {
            throw DefinitionMistakes([
                DefinitionMistake(
                    at: Place(file), path: nil, "too large",
                    allowed: "at most \(SizeText.text(Int64(DocumentReader.sizeLimit)))")
            ])
        }
        let check = UTF8Check(contents, file: file)
        guard let bytes = check.bytes else { throw DefinitionMistakes(check.mistakes) }
        var mistakes = check.mistakes
        var values: [String: VariableValue] = [:]
        var lines: [String: Int] = [:]
        let text = String(decoding: bytes, as: UTF8.self).unicodeScalars.drop { $0 == "\u{FEFF}" }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            do throws(LineFault) {
                guard let (name, value) = try pair(String(Substring(line)).trimmed) else { continue }
                if let first = lines[name] {
                    throw LineFault(what: "duplicate name: \(name) stands in line \(first) already", allowed: "it once")
                }
                lines[name] = index + 1
                values[name] = VariableValue(value, at: Place(file, line: index + 1))
            } catch {
                mistakes.append(
                    DefinitionMistake(
                        at: Place(file, line: index + 1, column: 1), path: nil, error.what, allowed: error.allowed))
            }
        }
        guard mistakes.isEmpty else { throw DefinitionMistakes(mistakes) }
        return values
    }

    private struct LineFault: Error {
        var what: String
        var allowed: String
    }

    private static func pair(_ line: String) throws(LineFault) -> (name: String, value: String)? {
        guard !line.isEmpty, !line.hasPrefix("#") else { return nil }
        var rest = line[...]
        if rest.hasPrefix("export"), rest.dropFirst(6).first?.isWhitespace == true {
            rest = rest.dropFirst(6).drop { $0.isWhitespace }
        }
        guard let equals = rest.firstIndex(of: "=") else {
            throw LineFault(what: "a line without \"=\"", allowed: "NAME=VALUE, or a comment that begins with #")
        }
        let name = rest[..<equals].trimmed
        guard let first = name.utf8.first, !first.isDigit, name.utf8.allSatisfy(\.isNameCharacter) else {
            throw LineFault(
                what: "no variable's name before \"=\"", allowed: "letters, digits and _, a letter or _ first")
        }
        return (name, try value(rest[rest.index(after: equals)...].trimmed))
    }

    private static func value(_ text: String) throws(LineFault) -> String {
        guard !text.contains("\0") else { throw LineFault(what: "the character U+0000", allowed: "text") }
        guard let mark = text.first, mark == "\"" || mark == "'" else { return withoutComment(text) }
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            switch character {
            case mark:
                let after = rest.trimmed
                guard after.isEmpty || after.hasPrefix("#") else {
                    throw LineFault(what: "text after the closing quotation mark", allowed: "nothing, or a comment")
                }
                return value
            case "\\" where mark == "\"":
                value.append(try escaped(rest.popFirst()))
            default:
                value.append(character)
            }
        }
        throw LineFault(what: "a value whose quotation mark is not closed", allowed: "it closed on the same line")
    }

    private static func withoutComment(_ text: String) -> String {
        var previous: Character = " "
        for index in text.indices {
            if text[index] == "#", previous.isWhitespace { return text[..<index].trimmed }
            previous = text[index]
        }
        return text
    }

    private static func escaped(_ character: Character?) throws(LineFault) -> Character {
        switch character {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "\"", "\\", "$": return character ?? "\\"
        default: throw LineFault(what: "an unknown escape", allowed: #"\n, \r, \t, \", \\ or \$"#)
        }
    }
}
