internal import FoundationEssentials

/// Finds one member of a JSON object and gives its value as a key's bytes, without parsing what stands after it.
///
/// The file source needs a key before anything is parsed, and only that one field. The scan knows strings, escapes and
/// nesting, so that a name inside a string or one level down is not taken for the member. It does not prove that the
/// line is valid JSON: where it is not, there may be no key, and whoever parses the record rejects it.
struct MemberScanner: Sendable {
    /// What was found.
    enum Key: Sendable, Hashable {
        /// No such member, or null, an object or an array.
        case absent
        /// A string without escapes, a number, true or false: these bytes of the line.
        case inPlace(Range<Int>)
        /// A string that had escapes.
        case decoded([UInt8])
    }

    private let name: [UInt8]

    /// Makes a scanner.
    /// - Parameter name: the member's name; of two members of that name the first counts.
    init(name: String) {
        self.name = Array(name.utf8)
    }

    /// Looks for the member in one line. Linear in the bytes up to its value.
    func find(in line: UnsafeRawBufferPointer) -> Key {
        var cursor = Cursor(line: line)
        guard cursor.take("{") else { return .absent }
        while let member = cursor.string() {
            guard cursor.take(":") else { return .absent }
            if isName(member, in: line) { return cursor.value(decode: decode) }
            guard cursor.skipValue(), cursor.take(",") else { return .absent }
        }
        return .absent
    }

    private func isName(_ string: Cursor.Text, in line: UnsafeRawBufferPointer) -> Bool {
        if !string.hasEscapes {
            return string.range.count == name.count && line[string.range].elementsEqual(name)
        }
        return decode(line[string.range]) == name
    }

    // Escapes are rare in keys, so Foundation's reader may do what is easy to get wrong (surrogates, lone ones).
    private func decode(_ escaped: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        let quote = UInt8(ascii: "\"")
        let text = Data([quote] + escaped + [quote])
        return (try? JSONDecoder().decode(String.self, from: text)).map { Array($0.utf8) }
    }
}

extension MemberScanner {
    /// A place in a line.
    private struct Cursor {
        /// A string's bytes between its quotes.
        struct Text {
            var range: Range<Int>
            var hasEscapes: Bool
        }

        let line: UnsafeRawBufferPointer
        var place = 0

        init(line: UnsafeRawBufferPointer) {
            self.line = line
        }

        private mutating func skipSpace() {
            while place < line.count, [0x20, 0x09, 0x0A, 0x0D].contains(line[place]) { place += 1 }
        }

        mutating func take(_ sign: Unicode.Scalar) -> Bool {
            skipSpace()
            guard place < line.count, line[place] == UInt8(ascii: sign) else { return false }
            place += 1
            return true
        }

        mutating func string() -> Text? {
            guard take("\"") else { return nil }
            let start = place
            var hasEscapes = false
            while place < line.count {
                switch line[place] {
                case UInt8(ascii: "\""):
                    place += 1
                    return Text(range: start..<place - 1, hasEscapes: hasEscapes)
                case UInt8(ascii: "\\"):
                    hasEscapes = true
                    place += 2
                default:
                    place += 1
                }
            }
            return nil
        }

        mutating func value(decode: (Slice<UnsafeRawBufferPointer>) -> [UInt8]?) -> Key {
            skipSpace()
            guard place < line.count else { return .absent }
            switch line[place] {
            case UInt8(ascii: "\""):
                guard let text = string() else { return .absent }
                if !text.hasEscapes { return .inPlace(text.range) }
                return decode(line[text.range]).map { .decoded($0) } ?? .absent
            case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "n"):
                return .absent
            default:
                let start = place
                skipScalar()
                return start < place ? .inPlace(start..<place) : .absent
            }
        }

        mutating func skipValue() -> Bool {
            skipSpace()
            guard place < line.count else { return false }
            switch line[place] {
            case UInt8(ascii: "\""):
                return string() != nil
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                return skipNested()
            default:
                let start = place
                skipScalar()
                return place > start
            }
        }

        private mutating func skipNested() -> Bool {
            var depth = 0
            while place < line.count {
                switch line[place] {
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                case UInt8(ascii: "\""):
                    guard string() != nil else { return false }
                    continue
                default: break
                }
                place += 1
                if depth == 0 { return true }
            }
            return false
        }

        private mutating func skipScalar() {
            while place < line.count {
                switch line[place] {
                case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x09, 0x0A, 0x0D: return
                default: place += 1
                }
            }
        }
    }
}
